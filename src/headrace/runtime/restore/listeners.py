"""Who wants to know how restores and copies get on."""

from __future__ import annotations

from typing import Protocol

from headrace.core.identifiers import TopicPartition


class RestoreListener(Protocol):
    """Follows a restore; called from the processing thread."""

    def on_restore_start(self, partition: TopicPartition, store: str, start: int, end: int) -> None:
        """A store begins: changelog offsets from `start` (inclusive) to `end` (exclusive)."""
        ...

    def on_batch_restored(self, partition: TopicPartition, store: str, position: int, restored: int) -> None:
        """`restored` records were applied; the store stands at `position`."""
        ...

    def on_restore_end(self, partition: TopicPartition, store: str, total: int) -> None:
        """A store is complete after `total` records."""
        ...


class StandbyListener(Protocol):
    """Follows warm copies; called from the processing thread. Source of the idea: KIP-988."""

    def on_update_start(self, partition: TopicPartition, store: str, start: int, end: int) -> None:
        """A copy begins to follow its changelog, which ends at `end` now."""
        ...

    def on_batch_loaded(self, partition: TopicPartition, store: str, position: int, loaded: int) -> None:
        """`loaded` records were applied; the copy stands at `position`."""
        ...

    def on_update_suspended(self, partition: TopicPartition, store: str, position: int, *, promoted: bool) -> None:
        """A copy follows no longer: it is taken over for processing (`promoted`), or is kept elsewhere."""
        ...


class NoStandbyListener:
    """Listens to nothing."""

    def on_update_start(self, partition: TopicPartition, store: str, start: int, end: int) -> None:
        """Nothing."""

    def on_batch_loaded(self, partition: TopicPartition, store: str, position: int, loaded: int) -> None:
        """Nothing."""

    def on_update_suspended(self, partition: TopicPartition, store: str, position: int, *, promoted: bool) -> None:
        """Nothing."""
