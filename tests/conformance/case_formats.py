"""The formats of the recorded cases: keys as text (also windowed ones), values as canonical JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headrace import Format, Windowed

_MARK = "\x01"


@dataclass(frozen=True)
class CaseKey(Format[Any]):
    """A string as UTF-8; a windowed key as marked text with its bounds."""

    exact = True

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[Any], bytes]:
        return encode_key

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], Any]:
        return decode_key


@dataclass(frozen=True)
class CaseValue(Format[Any]):
    """Any JSON value; long and double stay different."""

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[Any], bytes]:
        return encode_value

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], Any]:
        return json.loads


def encode_key(key: Any) -> bytes:
    if isinstance(key, Windowed):
        return _MARK.join(["", key.key, str(key.start), str(key.end)]).encode()
    return key.encode()


def decode_key(raw: bytes) -> Any:
    text = raw.decode()
    if not text.startswith(_MARK):
        return text
    _, key, start, end = text.split(_MARK)
    return Windowed(key, int(start), int(end))


def encode_value(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
