"""One login for all: people, organisations, who acts for whom, staff, client systems."""
