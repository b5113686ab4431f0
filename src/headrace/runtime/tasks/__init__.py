"""One task: a sub-topology over one partition of its inputs."""
