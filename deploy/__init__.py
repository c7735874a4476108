"""How Tongban is run: on one machine, as a stack, in containers."""
