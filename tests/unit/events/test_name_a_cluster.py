from pathlib import Path

import pytest

from shared.events.kafka import KafkaOptions


def test_hosts_alone_are_enough() -> None:
    options = KafkaOptions.parse("kafka://one:9092,two:9093")
    assert options.servers == ("one:9092", "two:9093")
    assert (options.security, options.partitions, options.replication) == ("plaintext", 6, None)
    assert options.retention_days is None
    assert "sasl_mechanism" not in options.connection


def test_a_login_asks_for_sasl_and_its_password_is_decoded() -> None:
    options = KafkaOptions.parse("kafka://cases:p%2Fw%40rd@one:9092/?mechanism=PLAIN")
    assert options.connection["security_protocol"] == "SASL_PLAINTEXT"
    assert options.connection["sasl_plain_username"] == "cases"
    assert options.connection["sasl_plain_password"] == "p/w@rd"


def test_a_password_may_lie_in_a_file_and_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("geheim\n")
    options = KafkaOptions.parse(f"kafka://cases@one:9092/?password_file={file}")
    assert options.password == "geheim"
    assert "geheim" not in repr(options)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("kafka://", "HOST:PORT"),
        ("kafka://one", "HOST:PORT"),
        ("kafka://one:0", "HOST:PORT"),
        ("kafka://one:9092,", "HOST:PORT"),
        ("kafka://one:9092/topic", "nothing stands between"),
        ("kafka://one:9092/?partition=3", "partition is no option; there are ca,"),
        ("kafka://one:9092/?partitions=0", "partitions is a whole number from 1 to 1000"),
        ("kafka://one:9092/?partitions=", "option partitions has no value"),
        ("kafka://one:9092/?partitions", "name=value"),
        ("kafka://one:9092/?security=tls", "security is one of plaintext, ssl,"),
        ("kafka://one:9092/?security=sasl_ssl", "belong together"),
        ("kafka://u:p@one:9092/?security=ssl", "belong together"),
        ("kafka://u@one:9092/", "USER:PASSWORD@"),
        ("kafka://one:9092/?password_file=/x", "needs the user"),
        ("kafka://u@one:9092/?password_file=/nowhere", "password_file /nowhere: No such file"),
        ("kafka://one:9092/?security=ssl&ca=/nowhere.pem", "no file /nowhere.pem"),
        ("kafka://one:9092/?ca=/nowhere.pem", "for security=ssl"),
        ("kafka://one:9092/?security=ssl&cert=/a", "cert and key belong together"),
        ("kafka://one:9092/?retention_days=1", "retention_days is a whole number from 7"),
        ("kafka://one:9092/?prefix=a/b", "prefix is letters"),
    ],
)
def test_what_is_wrong_is_told(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        KafkaOptions.parse(url)


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    with pytest.raises(ValueError, match="ca, cert or key cannot be used"):
        KafkaOptions.parse(f"kafka://one:9092/?security=ssl&ca={file}")


def test_a_piece_of_a_password_is_not_repeated() -> None:
    for url in ("kafka://user:half/word@one:9092", "kafka://user:half@word@one:x"):
        with pytest.raises(ValueError, match="kafka://HOST:PORT") as told:
            KafkaOptions.parse(url)
        assert "half" not in str(told.value)
