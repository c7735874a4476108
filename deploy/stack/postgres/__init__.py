"""PostgreSQL for the platform: a cluster of its own, and a database per service with its roles."""

from deploy.stack.postgres.cluster import Cluster
from deploy.stack.postgres.errors import ClusterFailed
from deploy.stack.postgres.machine import reachable
from deploy.stack.postgres.passwords import Passwords, verifier
from deploy.stack.postgres.place import Place
from deploy.stack.postgres.provision import provision

__all__ = [
    "Cluster",
    "ClusterFailed",
    "Passwords",
    "Place",
    "provision",
    "reachable",
    "verifier",
]
