"""Functions generated as Python source: no reflection is left for a record."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from itertools import count
from typing import Any

_numbers = count()


class Source:
    """Source text under construction, with the objects it refers to.

    Functions that belong to a class or union are made once each, so that types may contain themselves.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._lines: list[str] = []
        self._names: dict[str, Any] = {}
        self._functions: dict[Any, str] = {}
        self._variables = 0

    def constant(self, value: Any, name: str = "k") -> str:
        """A name for an object."""
        for known, other in self._names.items():
            if other is value:
                return known
        made = f"{name}{len(self._names)}"
        self._names[made] = value
        return made

    def variable(self) -> str:
        """A local name that nobody else uses."""
        self._variables += 1
        return f"a{self._variables}"

    def function(self, key: Any, parameter: str, body: Callable[[], list[str]]) -> str:
        """The name of the function for `key`; `body` is asked for its lines the first time."""
        if key not in self._functions:
            name = self._functions[key] = f"f{len(self._functions)}"
            lines = body()
            self._lines += [f"def {name}({parameter}):", *(f"    {line}" for line in lines), ""]
        return self._functions[key]

    def build(self, name: str) -> Callable[[Any], Any]:
        """Compiles all, and gives the function of that name. Tracebacks show the generated lines."""
        text = "\n".join(self._lines)
        file = f"<headrace {self._what} {next(_numbers)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        names = dict(self._names)
        exec(compile(text, file, "exec"), names)
        made: Callable[[Any], Any] = names[name]
        return made
