"""How many spans a second the trace store takes in, beside a bare executemany; A B A B.

    python tests/benchmarks/bench_traces.py [exports in a turn]

Both sides write the same spans of our own services to a SQLite file without waiting for the disk.
The floor has the rows already and knows neither traces nor facets; the store gets gzipped OTLP
over HTTP, unpacks, checks, scrubs, writes, and sums traces up. Read the ratio, and the CPU time.
"""

import asyncio
import gzip
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx
import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from services.traces.api.otlp.spans import read
from services.traces.commands import Scrubbing
from services.traces.store import Kept
from tests.support.traces import PROTOBUF, Traces, export, message, now_ns, running

TURNS = 3
SPANS = 512  # of one export, as our services send them
SQL = {
    "db.system.name": "sqlite",
    "db.operation.name": "SELECT",
    "db.collection.name": "cases",
}
ASKED = {
    "http.request.method": "POST",
    "http.route": "/v1/cases/{number}/accept",
    "http.response.status_code": 200,
    "tongban.item_code": "11990102MB2824177L4000105009000",
}
_CASE = "9901020000002026112100100000{:02}"
_CREATE = (
    "CREATE TABLE spans (trace_id TEXT, span_id TEXT, parent_id TEXT, service TEXT, name TEXT, "
    "kind TEXT, start_ns INT, duration_ns INT, failed INT, late INT, route TEXT, is_event INT, "
    "detail TEXT, PRIMARY KEY (trace_id, span_id))"
)


def an_export(number: int) -> tuple[bytes, list[dict[str, object]]]:
    """One export, packed; and the rows that the floor writes for it."""
    start, scrubbing = now_ns(), Scrubbing()
    spans = []
    for one in range(SPANS):
        trace, place = number * 1000 + one // 8, one % 8
        what = ASKED | {"tongban.case_number": _CASE.format(trace % 90)} if place == 0 else SQL
        kind = "server" if place == 0 else "client"
        spans.append(
            message(trace, one + 1, place and one, kind=kind, start_ns=start, attributes=what)
        )
    request = export(*spans)
    rows = [Kept.of(scrubbing.span(span)).row for span in read(request, 0).spans]
    return gzip.compress(request.SerializeToString(), 1), rows


def floor(folder: Path, batches: list[list[dict[str, object]]]) -> tuple[float, float]:
    """Spans a second of wall time and of CPU time by executemany, a transaction for each export."""
    db = sqlite3.connect(folder / f"floor-{time.monotonic_ns()}.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute(_CREATE)
    names = ", ".join(f":{name}" for name in batches[0][0])
    begin, cpu = time.perf_counter(), time.process_time()
    for rows in batches:
        db.execute("BEGIN IMMEDIATE")
        db.executemany(f"INSERT INTO spans VALUES ({names})", rows)
        db.execute("COMMIT")
    found = time.perf_counter() - begin, time.process_time() - cpu
    db.close()
    return _rates(len(batches), found)


async def store(folder: Path, bodies: list[bytes]) -> tuple[float, float]:
    """The same through the whole service, until all is written."""
    name = f"store-{time.monotonic_ns()}.db"
    async with running(f"sqlite:///{folder}/{name}", folder) as traces:
        begin, cpu = time.perf_counter(), time.process_time()
        for body in bodies:
            while (await _send(traces, body)).status_code != httpx.codes.OK:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await _written(traces, len(bodies) * SPANS)
        return _rates(len(bodies), (time.perf_counter() - begin, time.process_time() - cpu))


async def _send(traces: Traces, body: bytes) -> httpx.Response:
    headers = {"Content-Type": PROTOBUF, "Content-Encoding": "gzip"}
    return await traces.http.post("/otlp/v1/traces", content=body, headers=headers)


async def _written(traces: Traces, count: int) -> None:
    while (  # noqa: ASYNC110 - it asks over HTTP
        f"traces_spans_stored_total {float(count)}" not in (await traces.http.get("/metrics")).text
    ):
        await asyncio.sleep(0.02)


def _rates(exports: int, seconds: tuple[float, float]) -> tuple[float, float]:
    return exports * SPANS / seconds[0], exports * SPANS / seconds[1]


def main() -> None:
    """Print what was found as one line of JSON."""
    exports = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    made = [an_export(number) for number in range(1, exports + 1)]
    bodies, batches = [one[0] for one in made], [one[1] for one in made]
    floors, stores = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(TURNS):
            floors.append(floor(Path(folder), batches))
            stores.append(asyncio.run(store(Path(folder), bodies)))
    found = {
        "spans": exports * SPANS,
        "floor_per_second": round(median(one[0] for one in floors)),
        "store_per_second": round(median(one[0] for one in stores)),
        "floor_share": round(median(b[0] / a[0] for a, b in zip(floors, stores, strict=True)), 3),
        "store_cpu_us_per_span": round(1e6 / median(one[1] for one in stores), 1),
        "floor_cpu_us_per_span": round(1e6 / median(one[1] for one in floors), 1),
    }
    sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")


if __name__ == "__main__":
    main()
