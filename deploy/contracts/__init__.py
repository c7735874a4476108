"""The contracts with everybody outside: written from the code, committed, compared."""
