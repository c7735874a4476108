"""Tests of Tongban."""
