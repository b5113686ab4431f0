"""Device sessions: events of devices, cut into sessions, exactly once, on the embedded log or in several instances on Kafka."""
