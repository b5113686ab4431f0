"""Where Avro data cannot be read: a slow walk over the bytes that remembers its way. Only for error messages."""

from __future__ import annotations

from typing import Any, NamedTuple

_FIXED_SIZES = {"float": 4, "double": 8}
_LONGEST_VARINT = 10


class Fault(NamedTuple):
    """The field that cannot be read (empty for the value itself), and why."""

    field: str
    reason: str


class _UnreadableError(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path: list[str] = []


def find_fault(schema: Any, data: bytes, start: int = 0) -> Fault | None:
    """The first field that cannot be read; None if the bytes fit the schema to their end.

    Args:
        schema: The writer's, as plain data.
        data: What was read.
        start: Where the datum begins.
    """
    walk = _Walk(data, start)
    try:
        walk.value(schema, "")
    except _UnreadableError as unreadable:
        return Fault("".join(reversed(unreadable.path)).lstrip("."), str(unreadable))
    left = len(data) - walk.place
    return Fault("", f"{left} bytes are left behind its end") if left else None


class _Walk:
    def __init__(self, data: bytes, start: int) -> None:
        self._data = data
        self._named: dict[str, Any] = {}
        self.place = start

    def value(self, schema: Any, namespace: str) -> None:
        if isinstance(schema, list):
            return self._union(schema, namespace)
        kind = schema["type"] if isinstance(schema, dict) else schema
        if isinstance(kind, dict | list):
            return self.value(kind, namespace)
        if kind in ("record", "error"):
            return self._record(schema, namespace)
        if kind in ("enum", "fixed"):
            self._name(schema, namespace)
            return self._symbol(schema) if kind == "enum" else self._skip(schema["size"])
        if kind in ("array", "map"):
            return self._blocks(schema, namespace, kind)
        if kind in self._named or f"{namespace}.{kind}" in self._named:
            found, inner = self._named.get(kind) or self._named[f"{namespace}.{kind}"]
            return self.value(found, inner)
        return self._primitive(kind)

    def _record(self, schema: dict[str, Any], namespace: str) -> None:
        inner = self._name(schema, namespace)
        for field in schema["fields"]:
            self._within("." + field["name"], field["type"], inner)

    def _name(self, schema: dict[str, Any], namespace: str) -> str:
        own, _, short = schema["name"].rpartition(".")
        space: str = own or schema.get("namespace", namespace)
        self._named[f"{space}.{short}" if space else short] = (schema, space)
        return space

    def _within(self, step: str, schema: Any, namespace: str) -> None:
        try:
            self.value(schema, namespace)
        except _UnreadableError as unreadable:
            unreadable.path.append(step)
            raise

    def _union(self, members: list[Any], namespace: str) -> None:
        index = self._number()
        if not 0 <= index < len(members):
            message = f"member {index} of a union that has {len(members)}"
            raise _UnreadableError(message)
        self.value(members[index], namespace)

    def _symbol(self, schema: dict[str, Any]) -> None:
        index = self._number()
        if not 0 <= index < len(schema["symbols"]):
            message = f"symbol {index} of enum {schema['name']}, which has {len(schema['symbols'])}"
            raise _UnreadableError(message)

    def _blocks(self, schema: dict[str, Any], namespace: str, kind: str) -> None:
        place = 0
        while count := self._number():
            if count < 0:
                count = -count
                self._number()
            if count > len(self._data):
                message = f"a block of {count} entries in {len(self._data)} bytes"
                raise _UnreadableError(message)
            for _ in range(count):
                if kind == "map":
                    self._text()
                self._within(f"[{place}]", schema["values" if kind == "map" else "items"], namespace)
                place += 1

    def _primitive(self, kind: str) -> None:
        if kind == "string":
            self._text()
        elif kind == "bytes":
            self._skip(self._length())
        elif kind in _FIXED_SIZES:
            self._skip(_FIXED_SIZES[kind])
        elif kind in ("int", "long"):
            number = self._number()
            if kind == "int" and not -0x8000_0000 <= number <= 0x7FFF_FFFF:
                message = f"{number} is no 32-bit number"
                raise _UnreadableError(message)
        elif kind == "boolean":
            flag = self._take(1)
            if flag not in (b"\x00", b"\x01"):
                message = f"{flag!r} is neither true nor false"
                raise _UnreadableError(message)
        elif kind != "null":
            message = f"the type {kind!r} is not known"
            raise _UnreadableError(message)

    def _text(self) -> None:
        raw = self._take(self._length())
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            message = f"no UTF-8: {error}"
            raise _UnreadableError(message) from None

    def _length(self) -> int:
        length = self._number()
        if length < 0:
            message = f"a length of {length}"
            raise _UnreadableError(message)
        return length

    def _number(self) -> int:
        zigzag = 0
        for place in range(_LONGEST_VARINT):
            byte = self._take(1)[0]
            zigzag |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return zigzag >> 1 ^ -(zigzag & 1)
        message = "a number without an end"
        raise _UnreadableError(message)

    def _skip(self, size: int) -> None:
        self._take(size)

    def _take(self, size: int) -> bytes:
        taken = self._data[self.place : self.place + size]
        if len(taken) < size:
            message = f"the data ends: {size} bytes wanted, {len(taken)} left"
            raise _UnreadableError(message)
        self.place += size
        return taken
