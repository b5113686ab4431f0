"""log/memory."""
