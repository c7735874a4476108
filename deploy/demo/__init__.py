"""The demo: people, items, registers and a department's system, all invented by us."""
