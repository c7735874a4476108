"""The bodies of OTLP/HTTP, in protobuf and in JSON."""

from base64 import b64encode
from enum import IntEnum
from typing import Any

import orjson
from google.protobuf.json_format import ParseDict, ParseError  # type: ignore[import-untyped]
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
_HEX_IDS = ("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")
_DEEPEST = 30


class Unreadable(ValueError):
    """The body is no export; the message says what is wrong with it."""


class Code(IntEnum):
    """The codes of google.rpc.Status that are used here."""

    INVALID_ARGUMENT = 3
    RESOURCE_EXHAUSTED = 8
    UNIMPLEMENTED = 12
    UNAVAILABLE = 14


def parse(body: bytes, media_type: str) -> ExportTraceServiceRequest:
    """The export in a body of one of the two media types."""
    if media_type == PROTOBUF:
        try:
            request: ExportTraceServiceRequest = ExportTraceServiceRequest.FromString(body)
        except DecodeError:
            raise Unreadable("the body is no ExportTraceServiceRequest in protobuf") from None
        return request
    try:
        document = orjson.loads(body)
        request = ExportTraceServiceRequest()
        ParseDict(_ids_as_base64(document), request, ignore_unknown_fields=True)
    except (orjson.JSONDecodeError, ParseError, RecursionError) as error:
        what = "no JSON" if isinstance(error, orjson.JSONDecodeError) else "no trace export"
        raise Unreadable(f"the body is {what}") from None
    return request


def answer(media_type: str, rejected: int, why: str) -> bytes:
    """An ExportTraceServiceResponse; with `partial_success` where spans were rejected."""
    if media_type == JSON:
        # int64 is a text in the JSON of protobuf.
        partial = {"partialSuccess": {"rejectedSpans": str(rejected), "errorMessage": why}}
        return orjson.dumps(partial if rejected else {})
    response = ExportTraceServiceResponse()
    if rejected:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = why
    body: bytes = response.SerializeToString()
    return body


def status(media_type: str, code: Code, message: str) -> bytes:
    """A google.rpc.Status: what OTLP answers for an error."""
    if media_type == JSON:
        return orjson.dumps({"code": code.value, "message": message})
    text = message.encode()
    return b"\x08" + _varint(code.value) + b"\x12" + _varint(len(text)) + text


def _ids_as_base64(value: Any, depth: int = 0) -> Any:
    """OTLP writes ids in hex, where the JSON of protobuf has base64: those are turned over."""
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, dict):
        return {
            key: _base64(inner) if key in _HEX_IDS else _ids_as_base64(inner, depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_ids_as_base64(inner, depth + 1) for inner in value]
    return value


def _base64(value: Any) -> str:
    if not isinstance(value, str):
        raise ParseError("an id is a text")
    try:
        return b64encode(bytes.fromhex(value)).decode()
    except ValueError:
        return ""  # a span without a valid id: rejected alone, not with all the others


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits in each byte
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
