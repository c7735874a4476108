import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]
URLS = {
    f"{name}_URL": f"unix:/nonexistent/{name.lower()}.sock"
    for name in ("IDENTITY", "CATALOGUE", "CASES", "EXCHANGE", "PORTAL")
}


def run(**changes: str) -> subprocess.Popen[str]:
    environment = {**URLS, "PATH": os.environ["PATH"], **changes}
    return subprocess.Popen(
        [sys.executable, "-m", "gateway"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"CASES_URL": "ftp://cases"}, "CASES_URL: "),
        ({"CASES_URL": "unix:"}, "CASES_URL: "),
        ({"GATEWAY_PORT": "many"}, "GATEWAY_PORT: "),
        ({"GATEWAY_RATE": "0"}, "GATEWAY_RATE: "),
        ({"GATEWAY_TRUSTED_PROXIES": "10.0.0.0/99"}, "GATEWAY_TRUSTED_PROXIES: "),
        ({"PUBLIC_BASE": "localhost"}, "PUBLIC_BASE: "),
    ],
)
def test_a_wrong_setting_is_one_clear_line(changes: dict[str, str], expected: str) -> None:
    process = run(**changes)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert len(said.splitlines()) == 1
    assert expected in said


def test_every_missing_setting_is_named() -> None:
    process = run(**dict.fromkeys(URLS, ""))
    _, said = process.communicate(timeout=30)
    assert {line.partition(":")[0] for line in said.splitlines()} == set(URLS)


def test_it_serves_and_stops_quietly(unused_tcp_port: int) -> None:
    process = run(GATEWAY_PORT=str(unused_tcp_port))
    url = f"http://127.0.0.1:{unused_tcp_port}/healthz"
    for _ in range(200):
        try:
            assert httpx.get(url).json() == {"status": "ok"}
            break
        except httpx.ConnectError:
            time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=15)
    assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in said


def test_a_port_in_use_is_said(unused_tcp_port_factory: Callable[[], int]) -> None:
    port = unused_tcp_port_factory()
    first = run(GATEWAY_PORT=str(port))
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz")
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        second = run(GATEWAY_PORT=str(port))
        _, said = second.communicate(timeout=30)
        assert second.returncode != 0
        assert str(port) in said
    finally:
        first.terminate()
        first.communicate(timeout=15)
