"""A real Apache Kafka broker (KRaft) on this machine, for the stack and for tests."""

from deploy.stack.kafka.broker import Broker, BrokerDied
from deploy.stack.kafka.jars import NotFetched, jars, missing
from deploy.stack.kafka.listeners import Secured
from deploy.stack.kafka.ports import free_ports
from deploy.stack.kafka.probe import answers

__all__ = [
    "Broker",
    "BrokerDied",
    "NotFetched",
    "Secured",
    "answers",
    "free_ports",
    "jars",
    "missing",
]
