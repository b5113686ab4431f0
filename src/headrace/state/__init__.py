"""State stores: kinds, caches and engines. They know nothing of topics; `open_store` is the way in."""
