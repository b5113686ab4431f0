"""log/embedded."""
