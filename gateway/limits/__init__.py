"""How much one caller may take: of requests, of headers, of a connection's time."""

from gateway.limits.buckets import Buckets
from gateway.limits.connection import ConnectionLimits, limited_protocol

__all__ = ["Buckets", "ConnectionLimits", "limited_protocol"]
