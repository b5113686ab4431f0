"""State directories of tasks: each is used by one process at a time, however many run on a machine."""

from __future__ import annotations

from pathlib import Path

from headrace.core.errors import StateError
from headrace.core.file_lock import FileLock, holder
from headrace.core.identifiers import TaskId

_LOCKS = "locks"


class TaskDirectories:
    """The directories that this worker uses. The locks lie beside them, so that a directory can be removed.

    Args:
        state_root: The application's directory.
    """

    def __init__(self, state_root: Path) -> None:
        self._root = state_root
        self._locks: dict[TaskId, FileLock] = {}

    def of(self, task: TaskId) -> Path:
        """A task's directory."""
        return self._root / str(task)

    def there(self) -> list[TaskId]:
        """Tasks that have a directory."""
        found = (_task_of(path) for path in self._root.iterdir()) if self._root.is_dir() else ()
        return sorted(task for task in found if task is not None)

    def take(self, task: TaskId) -> bool:
        """Takes a directory for this worker; False if another one uses it.

        Raises:
            StateError: The lock cannot be made.
        """
        if task in self._locks:
            return True
        path = self._lock_path(task)
        lock = FileLock(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            held = lock.acquire()
        except OSError as error:
            message = f"cannot lock the state directory of task {task} with {path}: {error.strerror}"
            raise StateError(message, hint="make the directory writable, or choose another data_dir") from error
        if held:
            self._locks[task] = lock
        return held

    def user(self, task: TaskId) -> str:
        """The process id of who uses a directory, for messages."""
        return holder(self._lock_path(task))

    def give_back(self, task: TaskId) -> None:
        """Others may use a directory."""
        lock = self._locks.pop(task, None)
        if lock is not None:
            lock.release()

    def close(self) -> None:
        """Gives all back."""
        for task in list(self._locks):
            self.give_back(task)

    def _lock_path(self, task: TaskId) -> Path:
        return self._root / _LOCKS / str(task)


def _task_of(path: Path) -> TaskId | None:
    parts = path.name.split("_")
    if len(parts) != 2 or not all(part.isdigit() for part in parts) or not path.is_dir():
        return None
    return TaskId(int(parts[0]), int(parts[1]))
