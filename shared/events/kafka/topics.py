"""Topics: made when they are missing, with the partitions and the retention that were stated."""

import logging
from collections.abc import Collection

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from shared.events.errors import BusUnavailable
from shared.events.kafka.options import KafkaOptions
from shared.events.kafka.troubles import told

_DAY_MS = 24 * 3600 * 1000
_ROOM_FOR_KEY_AND_HEADERS = 48_000
_UNTOUCHED = 36  # TOPIC_ALREADY_EXISTS
_NOT_MINE = 29  # TOPIC_AUTHORIZATION_FAILED
_log = logging.getLogger(__name__)


class Topics:
    """Knows which topics there are; what it has seen once it does not ask for again."""

    def __init__(self, options: KafkaOptions) -> None:
        self._options = options
        self._known: set[str] = set()

    async def ensure(self, names: Collection[str]) -> None:
        """Make those that are missing; an existing topic is never changed.

        More partitions would send a subject's next events to another partition, out of order.
        """
        missing = [name for name in names if name not in self._known]
        if not missing:
            return
        seconds = 3 * self._options.request_seconds
        async with told(f"the topics {', '.join(missing)}", seconds):
            admin = AIOKafkaAdminClient(**self._options.connection)
            try:
                await admin.start()
                there = set(await admin.list_topics())
                if wanted := [self._new(name) for name in missing if name not in there]:
                    answer = await admin.create_topics(wanted)
                    for topic, code, *_ in answer.topic_errors:
                        _judge(topic, code)
            finally:
                await admin.close()
        self._known.update(missing)

    def _new(self, name: str) -> NewTopic:
        options = self._options
        days = options.retention_days
        topic = NewTopic(
            name,
            options.partitions,
            options.replication or 1,
            topic_configs={
                "cleanup.policy": "delete",
                "retention.ms": str(-1 if days is None else days * _DAY_MS),
                "retention.bytes": "-1",
                "max.message.bytes": str(options.limit + _ROOM_FOR_KEY_AND_HEADERS),
                # Records carry the moment of their event: a tail finds its start by it.
                "message.timestamp.type": "CreateTime",
            },
        )
        if options.replication is None:
            # The protocol's word for the cluster's own default, which the class does not take.
            topic.replication_factor = -1
        return topic


def _judge(topic: str, code: int) -> None:
    if code in (0, _UNTOUCHED):
        return
    reason = for_code(code).__name__
    if code == _NOT_MINE:
        reason = f"{reason}: create it, or let this user create topics"
    _log.error("topic %s could not be created: %s", topic, reason)
    raise BusUnavailable(f"topic {topic} could not be created: {reason}")
