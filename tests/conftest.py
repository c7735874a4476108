"""Fixtures for every kind of test."""

pytest_plugins = [
    "tests.support.databases",
    "tests.support.kafka",
    "tests.support.spread",
    "tests.support.stack",
]
