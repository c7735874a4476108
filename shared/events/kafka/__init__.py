"""The event bus of an installation with a broker: Apache Kafka, or what speaks its protocol."""

from shared.events.kafka.bus import KafkaBus
from shared.events.kafka.options import KafkaOptions

__all__ = ["KafkaBus", "KafkaOptions"]
