"""The formats of the recorded cases: keys as text (also windowed ones), values as canonical JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import fnlib as fn

import headrace as hr

MARK = "\x01"  # before each part of a windowed key


@dataclass(frozen=True)
class CaseFormat(hr.Format[Any]):
    """A format made of two functions."""

    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    exact: bool = False

    def encoder(self, topic: str, *, is_key: bool) -> Callable[[Any], bytes]:
        return self.encode

    def decoder(self, topic: str, *, is_key: bool) -> Callable[[bytes], Any]:
        return self.decode


def encode_key(key: Any) -> bytes:
    parts = ["", key.key, str(key.start), str(key.end)] if isinstance(key, hr.Windowed) else [key]
    return MARK.join(parts).encode()


def decode_key(raw: bytes) -> Any:
    text, *window = raw.decode().split(MARK) if raw.startswith(MARK.encode()) else [raw.decode()]
    return hr.Windowed(window[0], int(window[1]), int(window[2])) if window else text


KEY = CaseFormat(encode_key, decode_key, exact=True)
VALUE = CaseFormat(lambda value: fn.canonical(value).encode(), json.loads)  # long and double stay different
