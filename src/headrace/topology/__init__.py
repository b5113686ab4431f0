"""Plan → sub-topologies, internal topics and stores; the public low-level builder; descriptions and drawings."""
