"""Upstream providers over HTTP: their metadata, their keys, and their token endpoint."""

from services.identity.clients.upstreams.fetching import Away, Fetching, Refused
from services.identity.clients.upstreams.metadata import Metadata, Providers

__all__ = ["Away", "Fetching", "Metadata", "Providers", "Refused"]
