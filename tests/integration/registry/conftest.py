"""A real registry for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace.formats.registry import EmbeddedRegistry, Registry, RestRegistry
from support.real_registry import real_registry, registry_url

__all__ = ["real_registry", "registry_url"]

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this hook, too
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.registry)
            item.add_marker(pytest.mark.xdist_group("registry"))


@pytest.fixture(params=["embedded", "real"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    if request.param == "embedded":
        return EmbeddedRegistry(tmp_path / "registry")
    found: RestRegistry = request.getfixturevalue("real_registry")
    return found
