"""Traces: the embedded trace store, for machines without a Jaeger. OTLP in, look-ups out."""
