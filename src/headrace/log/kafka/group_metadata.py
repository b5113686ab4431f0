"""What a transaction has to know of a group in order to commit its positions."""

from __future__ import annotations

import threading
from typing import Any

from headrace.log.kafka.settings import ClientSettings


class GroupMetadata:
    """Metadata by group. Safe to use from several threads.

    librdkafka gives it out only through a consumer of the group. One that has not joined serves: its metadata stands for "no
    member", with which positions can be committed for as long as the group has no members.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._settings = settings
        self._known: dict[str, Any] = {}
        self._lock = threading.Lock()

    def of(self, group: str) -> Any:
        """The opaque object that `send_offsets_to_transaction` takes."""
        with self._lock:
            if group not in self._known:
                consumer = self._settings.group_member(group)
                try:
                    self._known[group] = consumer.consumer_group_metadata()
                finally:
                    consumer.close()
            return self._known[group]
