"""A changelog that is a list."""

from collections.abc import Callable


class ListLog:
    """Passes each changelog record to a function: key, value, timestamp, headers."""

    def __init__(self, take: Callable[..., object]):
        self.append = take

    def extend(self, keys, values, timestamps):
        for key, value, timestamp in zip(keys, values, timestamps, strict=True):
            self.append(key, value, timestamp, ())
