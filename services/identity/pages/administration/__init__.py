"""Pages for who administers staff, and for everybody at a desk about his own office."""
