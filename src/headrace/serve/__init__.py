"""Queries, metrics, health and status of an application over HTTP. An ASGI application, and a server for it."""

from headrace.serve.asgi import asgi

__all__ = ["asgi"]
