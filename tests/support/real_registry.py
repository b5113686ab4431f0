"""Fixtures: a real registry, for the conftest of those folders that need one.

HEADRACE_TEST_REGISTRY names one that runs already; it is emptied.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import httpx
import pytest

from headrace.formats.registry import Compatibility, RestRegistry
from support.apicurio import apicurio, can_start


@pytest.fixture(scope="session")
def registry_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    running = os.environ.get("HEADRACE_TEST_REGISTRY")
    if running:
        yield running
        return
    if not can_start():
        pytest.skip("a real registry needs Java and Maven")
    with apicurio(tmp_path_factory.mktemp("apicurio")) as url:
        yield url


def _empty(url: str) -> None:
    """Deletes all subjects for good, those first that no other refers to."""
    with httpx.Client(base_url=url) as client:
        while left := client.get("/subjects").json():
            for subject in left:
                if client.delete(f"/subjects/{subject}").is_success:
                    client.delete(f"/subjects/{subject}?permanent=true")


@pytest.fixture
def real_registry(registry_url: str) -> RestRegistry:
    """Without subjects, and BACKWARD as Confluent's is by default."""
    _empty(registry_url)
    registry = RestRegistry(registry_url)
    registry.set_compatibility(Compatibility.BACKWARD)
    return registry
