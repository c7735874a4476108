"""The event bus of an installation with a broker: Apache Kafka, or what speaks its protocol."""

import logging

from shared.events.kafka.bus import KafkaBus
from shared.events.kafka.options import KafkaOptions

__all__ = ["KafkaBus", "KafkaOptions"]

# While the cluster is away the client says so a hundred times a second; whoever uses the bus says
# it once per attempt, with the reason.
logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
