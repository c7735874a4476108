"""The broker of the stack: what it stored outlives its death, and who may log in."""

import ssl
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from deploy.stack.kafka import Broker, BrokerDied
from deploy.stack.kafka.jars import missing
from tests.support.kafka import SecuredKafka, folder, require_kafka, running

TOPIC = "kept"


async def test_what_was_acknowledged_outlives_a_kill_and_a_move_of_ports() -> None:
    require_kafka()
    with folder() as place:
        first = Broker(place)
        with running(first):
            await _make_topic(first.bootstrap)
            await _send(first.bootstrap, 20)
            first.kill()
            first.start()
            assert await _stored(first.bootstrap) == 20
        second = Broker(place)
        assert second.bootstrap != first.bootstrap
        with running(second):
            await _send(second.bootstrap, 1)
            assert await _stored(second.bootstrap) == 21


def test_a_port_that_is_taken_is_in_the_words_of_the_failure(kafka_broker: str) -> None:
    require_kafka()
    port = int(kafka_broker.rpartition(":")[2])
    with folder() as place:
        twin = Broker(place, port)
        with pytest.raises(BrokerDied, match="Address already in use"):
            twin.start()
        assert not twin.running


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
async def test_with_tls_the_user_logs_in_and_nobody_else(
    secured_kafka: SecuredKafka, mechanism: str
) -> None:
    who = {
        "bootstrap_servers": secured_kafka.bootstrap,
        "security_protocol": "SASL_SSL",
        "ssl_context": ssl.create_default_context(cafile=str(secured_kafka.ca)),
        "sasl_mechanism": mechanism,
        "sasl_plain_username": secured_kafka.user,
    }
    admin = AIOKafkaAdminClient(**who, sasl_plain_password=secured_kafka.password)
    await admin.start()
    assert isinstance(await admin.list_topics(), list)
    await admin.close()
    stranger = AIOKafkaAdminClient(**who, sasl_plain_password="guessed")
    try:
        with pytest.raises(KafkaError):
            await stranger.start()
    finally:
        await stranger.close()


def test_a_machine_without_java_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    reason = missing()
    assert reason is not None
    assert "Java is not installed" in reason
    assert "apt-get install" in reason


async def _make_topic(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    await admin.close()


async def _send(bootstrap: str, number: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    for each in range(number):
        await producer.send_and_wait(TOPIC, str(each).encode())
    await producer.stop()


async def _stored(bootstrap: str) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    ends = await consumer.end_offsets([TopicPartition(TOPIC, 0)])
    await consumer.stop()
    return sum(ends.values())
