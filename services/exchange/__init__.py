"""Exchange: departments answer each other under permits, and every call leaves evidence."""
