"""Values of several classes, each written in its own way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headrace.core.errors import EncodeError

Encode = Callable[[Any], bytes]


def encoder_by_class(encoders: Mapping[type[Any], Encode]) -> Encode:
    """Writes a value with the encoder of its class; EncodeError on one of another class."""

    def encode(value: Any) -> bytes:
        encoder = encoders.get(value.__class__)
        if encoder is not None:
            return encoder(value)
        message = f"{type(value).__name__} is none of {', '.join(cls.__name__ for cls in encoders)}"
        raise EncodeError(message)

    return encode
