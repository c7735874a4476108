"""What changes something: one file per act, one transaction each."""
