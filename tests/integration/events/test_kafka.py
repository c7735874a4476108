"""What only a broker has: topics with settings, partitions, logins, certificates, its absence."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared import clock
from shared.events import BusUnavailable, Envelope, EventRefused, from_url
from shared.events.kafka import KafkaBus, KafkaOptions
from shared.ids import uuid7
from tests.support.event_bus_suite import gather, steps, subscribed, tailed
from tests.support.kafka import SecuredKafka
from tests.support.stations import TOPIC, ProbeMoved, message

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def options(kafka_broker: str) -> KafkaOptions:
    prefix = f"prefix={uuid7()}.&partitions=4&replication=1&session_seconds=2"
    return KafkaOptions.parse(f"kafka://{kafka_broker}/?{prefix}")


@pytest.fixture
async def bus(options: KafkaOptions) -> AsyncGenerator[KafkaBus]:
    bus = KafkaBus(options)
    yield bus
    await bus.close()


@pytest.fixture
async def admin(kafka_broker: str) -> AsyncGenerator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_broker)
    await admin.start()
    yield admin
    await admin.close()


async def test_a_topic_is_made_as_it_was_stated(
    bus: KafkaBus, options: KafkaOptions, admin: AIOKafkaAdminClient
) -> None:
    await bus.publish(TOPIC, [message("a", 1)])
    name = f"{options.prefix}{TOPIC}"
    (described,) = await admin.describe_topics([name])
    assert len(described["partitions"]) == 4
    resource = ConfigResource(ConfigResourceType.TOPIC, name)
    (answer,) = await admin.describe_configs([resource])
    found = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    assert found["retention.ms"] == "-1"
    assert found["message.timestamp.type"] == "CreateTime"


async def test_a_topic_that_is_there_is_left_as_it_is(
    bus: KafkaBus, options: KafkaOptions, admin: AIOKafkaAdminClient
) -> None:
    await bus.publish(TOPIC, [message("a", 1)])
    later = KafkaBus(replace(options, partitions=9))
    await later.publish(TOPIC, [message("a", 2)])
    await later.close()
    (described,) = await admin.describe_topics([f"{options.prefix}{TOPIC}"])
    assert len(described["partitions"]) == 4


async def test_more_copies_than_brokers_are_told(options: KafkaOptions) -> None:
    bus = KafkaBus(replace(options, replication=3))
    with pytest.raises(BusUnavailable, match="InvalidReplicationFactor"):
        await bus.publish(TOPIC, [message("a", 1)])
    await bus.close()


async def test_other_clients_find_key_type_and_trace(bus: KafkaBus, options: KafkaOptions) -> None:
    envelope = Envelope.wrap(
        ProbeMoved(step=1, note='"traceparent":"not this"'),
        source="/services/probe",
        subject="990102",
        sequence=1,
        trace=TRACE,
    )
    untraced = message("990103", 1, note='"traceparent":"nor this"')
    await bus.publish(TOPIC, [type(untraced).of(envelope), untraced])
    reader = AIOKafkaConsumer(
        f"{options.prefix}{TOPIC}",
        bootstrap_servers=list(options.servers),
        auto_offset_reset="earliest",
    )
    await reader.start()
    try:
        records = [await reader.getone(), await reader.getone()]
    finally:
        await reader.stop()
    by_key = {record.key: dict(record.headers) for record in records}
    assert by_key[b"990102"]["content-type"] == b"application/cloudevents+json"
    assert by_key[b"990102"]["traceparent"] == TRACE.encode()
    assert "traceparent" not in by_key[b"990103"]


async def test_a_subject_lies_where_every_other_client_puts_it(
    bus: KafkaBus, options: KafkaOptions
) -> None:
    subjects = [f"subject-{n}" for n in range(20)]
    await bus.publish(TOPIC, [message(subject, 1) for subject in subjects])
    async with subscribed(bus, "readers") as subscription:
        ours = await gather(subscription, 20)
    producer = AIOKafkaProducer(bootstrap_servers=list(options.servers))
    await producer.start()
    try:
        for delivery in ours:
            assert delivery.envelope is not None
            key = delivery.envelope.subject.encode()
            sent = await producer.send_and_wait(f"{options.prefix}{TOPIC}", b"{}", key=key)
            assert sent.partition == delivery.partition
    finally:
        await producer.stop()


async def test_many_large_events_are_sent_in_order(bus: KafkaBus) -> None:
    batch = [message("a", n, note="x" * 400_000) for n in range(1, 8)]
    await bus.publish(TOPIC, batch)
    async with subscribed(bus, "readers") as subscription:
        got = steps(await gather(subscription, 7))
    assert got == [("a", n) for n in range(1, 8)]


async def test_what_the_broker_finds_too_big_is_refused_alone(options: KafkaOptions) -> None:
    small = KafkaBus(replace(options, limit=100_000))
    await small.publish(TOPIC, [message("a", 1)])
    await small.close()
    # A process that was told a higher limit than the topic was made with.
    bus = KafkaBus(options)
    big = message("a", 3, note="x" * 300_000)
    with pytest.raises(EventRefused) as refused:
        await bus.publish(TOPIC, [message("a", 2), big, message("a", 4)])
    assert list(refused.value.reasons) == [big.id]
    async with subscribed(bus, "readers") as subscription:
        assert steps(await gather(subscription, 2))[:2] == [("a", 1), ("a", 2)]
    await bus.close()


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
async def test_a_login_over_tls_is_enough(secured_kafka: SecuredKafka, mechanism: str) -> None:
    login = f"{secured_kafka.user}:{secured_kafka.password}@{secured_kafka.bootstrap}"
    asked = f"security=sasl_ssl&mechanism={mechanism}&ca={secured_kafka.ca}&prefix={uuid7()}."
    bus = from_url(f"kafka://{login}/?{asked}")
    begun = clock.now()
    await bus.publish(TOPIC, [message("a", 1)])
    async with subscribed(bus, "readers") as subscription:
        assert steps(await gather(subscription, 1)) == [("a", 1)]
    async with tailed(bus, begun) as tail:
        assert steps(await tail.fetch(10, 5.0)) == [("a", 1)]
    await bus.close()


@pytest.mark.parametrize("wrong", ["password", "certificate"])
async def test_a_wrong_login_or_certificate_is_told(
    secured_kafka: SecuredKafka, wrong: str, tmp_path: Path
) -> None:
    password = "wrong" if wrong == "password" else secured_kafka.password
    login = f"{secured_kafka.user}:{password}@{secured_kafka.bootstrap}"
    ca = "" if wrong == "certificate" else f"&ca={secured_kafka.ca}"
    bus = from_url(f"kafka://{login}/?security=sasl_ssl{ca}&request_seconds=3")
    with pytest.raises(BusUnavailable, match=r"tongban\.probe"):
        await bus.publish(TOPIC, [message("a", 1)])
    with pytest.raises(BusUnavailable):
        await bus.subscribe("readers", [TOPIC])
    await bus.close()


async def test_no_broker_is_told_within_the_stated_time(tmp_path: Path) -> None:
    bus = from_url("kafka://127.0.0.1:9/?request_seconds=2")
    async with asyncio.timeout(10):
        for _ in range(2):
            with pytest.raises(BusUnavailable):
                await bus.publish(TOPIC, [message("a", 1)])
        with pytest.raises(BusUnavailable):
            await bus.tail([TOPIC], clock.now())
    await bus.close()
