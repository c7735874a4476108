"""A department's own system, as a vendor delivers it: registers that answer look-ups over REST."""
