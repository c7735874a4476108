"""Clients and providers that others wrote, each a process of its own on loopback."""
