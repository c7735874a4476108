"""The attributes that are kept: technical ones of the semantic conventions, and business facts.

What is not here is counted and dropped, for nobody knows what a foreign sender writes into its
own attributes. Among the dropped are all that are about persons (`enduser.*`, `user.*`,
`client.address`, `session.id`), what people typed (`url.query`, `url.path`, `http.target`), and
what errors say (`exception.message`, `exception.stacktrace`), which repeats what they stumbled on.
"""

from shared.telemetry.context import ALLOWED

_EXACT = frozenset({
    "cloudevents.event_id", "cloudevents.event_source", "cloudevents.event_subject",
    "cloudevents.event_type",
    "code.function", "code.function.name", "code.lineno", "code.line.number", "code.namespace",
    "db.collection.name", "db.name", "db.namespace", "db.operation", "db.operation.batch.size",
    "db.operation.name", "db.query.summary", "db.response.returned_rows",
    "db.response.status_code", "db.sql.table", "db.system", "db.system.name",
    "error.type", "exception.escaped", "exception.type",
    "faas.coldstart", "faas.trigger",
    "graphql.operation.type",
    "http.flavor", "http.method", "http.request.body.size", "http.request.method",
    "http.request.resend_count", "http.request_content_length", "http.response.body.size",
    "http.response.status_code", "http.response_content_length", "http.route", "http.scheme",
    "http.status_code",
    "messaging.batch.message_count", "messaging.consumer.group.name",
    "messaging.destination.name", "messaging.destination.partition.id",
    "messaging.kafka.offset", "messaging.message.body.size", "messaging.message.id",
    "messaging.operation", "messaging.operation.name", "messaging.operation.type",
    "messaging.system",
    "net.transport", "network.protocol.name", "network.protocol.version", "network.transport",
    "network.type",
    "otel.status_code", "peer.service", "sampled_late",
    "rpc.grpc.status_code", "rpc.method", "rpc.response.status_code", "rpc.service", "rpc.system",
    "rpc.system.name",
    "server.address", "server.port", "service.peer.name",
    "thread.id", "url.scheme",
})  # fmt: skip
_FACTS = frozenset(f"tongban.{name}" for name in ALLOWED)
KNOWN = _EXACT | _FACTS

# Kept in part: of an address the host, of a statement everything but the values in it.
ADDRESSES = frozenset({"http.url", "url.full"})
STATEMENTS = frozenset({"db.query.text", "db.statement"})
# Never kept, not even when an installation lists them.
REFUSED = ("enduser.", "user.", "client.", "session.", "http.request.header.",
           "http.response.header.", "exception.message", "exception.stacktrace",
           "url.query", "db.query.parameter.")  # fmt: skip
