"""JSON logs on standard error, one line each, with service, request and trace."""

import logging
import sys
from contextlib import suppress
from types import TracebackType
from typing import Any

import orjson
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, WrappedLogger

from shared import clock
from shared.telemetry.context import current
from shared.telemetry.scrub import scrub

_OURS = ("shared", "services", "gateway", "deploy")
_FRAMES = 12


def configure(level: str) -> None:
    """Send the process's logs, those of libraries included, through one pipeline."""
    threshold = logging.getLevelName(level)
    structlog.configure(
        processors=_PROCESSORS,
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.setLevel(max(threshold, logging.WARNING))
    if not any(isinstance(handler, _FromLibraries) for handler in root.handlers):
        root.addHandler(_FromLibraries())


def _describe_work(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["time"] = clock.rfc3339(clock.now())
    work = current.get()
    if work is not None:
        event.setdefault("service", work.service)
        if work.request_id is not None:
            event["request_id"] = work.request_id
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace_id"] = f"{span.trace_id:032x}"
        event["span_id"] = f"{span.span_id:016x}"
    return event


def _describe_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()[1]
    if isinstance(found, tuple):
        found = found[1]
    if isinstance(found, BaseException):
        event["error"] = describe(found)
    return event


def describe(error: BaseException) -> list[dict[str, Any]]:
    """An error and its causes: types and places always, messages only where they are our own.

    The message of a library's error often repeats the value it stumbled on, and that may be
    somebody's name.
    """
    told: list[dict[str, Any]] = []
    seen: BaseException | None = error
    while seen is not None and len(told) < _FRAMES:
        kind = type(seen)
        entry: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
        if kind.__module__.split(".")[0] in _OURS:
            entry["message"] = str(seen)
        elif isinstance(seen, OSError) and seen.strerror:
            entry["message"] = seen.strerror
        entry["at"] = _places(seen.__traceback__)
        told.append(entry)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return told


def _places(traceback: TracebackType | None) -> list[str]:
    places: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        module = traceback.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places[-_FRAMES:]


def _render(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


# One list for the whole process: loggers that are bound already keep to it.
_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    _describe_work,
    _describe_error,
    scrub,
    _render,
]


class _StandardError:
    """Looks the stream up for every line, so that whoever exchanges it gets the rest."""

    def msg(self, line: str) -> None:
        _write(line)

    debug = info = warning = error = critical = exception = msg


def _write(line: str) -> None:
    with suppress(OSError):  # a log that cannot be written must not stop what it tells of
        sys.stderr.write(line + "\n")


class _FromLibraries(logging.Handler):
    """What libraries log with the standard module, in the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        event: EventDict = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "exc_info": record.exc_info,
        }
        for step in (_describe_work, _describe_error, scrub):
            event = step(None, record.levelname.lower(), event)
        _write(_render(None, "", event))
