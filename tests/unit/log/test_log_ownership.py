"""Ownership of an application id: the same on every log."""

from __future__ import annotations

import os

import pytest

from headrace.core.errors import OwnedError, TopologyError
from headrace.log.api import Log


def test_one_owner_at_a_time(log: Log) -> None:
    with (
        log.own("app"),
        log.own("other"),
        pytest.raises(OwnedError, match=f'"app" is already run by process {os.getpid()}'),
        log.own("app"),
    ):
        pass
    with log.own("app"):
        pass


def test_ownership_ends_with_an_error_inside(log: Log) -> None:
    with pytest.raises(KeyError), log.own("app"):
        raise KeyError
    with log.own("app"):
        pass


def test_application_ids_are_checked(log: Log) -> None:
    with pytest.raises(TopologyError, match="application id"):
        log.own("../elsewhere")
