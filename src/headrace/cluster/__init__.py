"""A real Kafka cluster on this machine, for development and tests: brokers as processes, from jars of Maven Central.

`Cluster` is a cluster in a directory, which outlives the process that started it; `temporary_cluster` is one that ends with its
block, whatever happens to the process. The package knows Kafka's processes and files, not Headrace's log.
"""

from headrace.cluster.cluster import Cluster
from headrace.cluster.spec import ClusterSpec
from headrace.cluster.temporary import temporary_cluster

__all__ = ["Cluster", "ClusterSpec", "temporary_cluster"]
