"""Whose internal topics they are: names tell, unless one application's id begins another's."""

from __future__ import annotations

from collections.abc import Collection

from headrace.cli.positions import is_application
from headrace.cli.topics import is_internal
from headrace.config import AppConfig
from headrace.log.api import Admin


def known_applications(admin: Admin, config: AppConfig) -> set[str]:
    """Applications that have left state or positions."""
    root = config.state_path
    folders = {entry.name for entry in root.iterdir() if entry.is_dir()} if root.is_dir() else set()
    return folders | {group for group in admin.groups() if is_application(admin.positions(group))}


def internal_topics(admin: Admin, app_id: str, known: Collection[str]) -> tuple[str, ...]:
    """The internal topics of an application, sorted."""
    applications = {*known, app_id}
    return tuple(name for name in sorted(admin.topics()) if is_internal(name) and _owner(name, applications) == app_id)


def _owner(topic: str, applications: Collection[str]) -> str | None:
    """The longest id that fits, so that `shop` does not take the topics of `shop-eu`."""
    fitting = [app_id for app_id in applications if topic.startswith(f"{app_id}-")]
    return max(fitting, key=len, default=None)
