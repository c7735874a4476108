"""Mechanisms that every service uses; nothing here knows what a case or an item is."""
