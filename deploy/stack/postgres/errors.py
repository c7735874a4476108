"""What goes wrong with a cluster."""


class ClusterFailed(Exception):
    """PostgreSQL could not be made or run; the reason in Chinese and English."""
