"""The queries of cases: single cases, their history and clock, and the lists."""
