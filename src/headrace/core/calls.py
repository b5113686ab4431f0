"""Wrong arguments told in the words of the call: which there are, which was meant, which is missing."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def explained(**hints: str) -> Callable[[Function], Function]:
    """Decorates a function or method: a call that does not fit raises a TypeError that says how to write it.

    For what is called while a program is built, not for what is called per record.

    Args:
        hints: By the name of an argument: what to say when it is missing, or (for one that is none) when it is given. The one
            called `positional` is said when there are too many without a name.
    """

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def call(*args: Any, **named: Any) -> Any:
            try:
                signature.bind(*args, **named)
            except TypeError:
                raise TypeError(_told(function.__qualname__, signature, args, named, hints)) from None
            return function(*args, **named)

        return call  # type: ignore[return-value]  # wraps keeps the signature

    return decorate


def _told(name: str, signature: inspect.Signature, args: tuple[Any, ...], named: dict[str, Any], hints: dict[str, str]) -> str:
    called = name.removesuffix(".__init__").rpartition(".")[2] + "()"
    own = [each for each in signature.parameters.values() if each.name not in ("self", "cls")]
    known = [each.name for each in own]
    takes = f"{called} takes {', '.join(known)}"
    for given in named:
        if given not in known:
            begun = next((each for each in known if given.startswith(f"{each}_")), None)
            meant = begun or next(iter(difflib.get_close_matches(given, known, n=1)), None)
            hint = hints.get(given) or (f"did you mean {meant}=...?" if meant else takes)
            return f"{called} has no argument {given!r}; {hint}"
    positional = [each for each in own if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    if len(args) - (len(signature.parameters) - len(own)) > len(positional):
        hint = hints.get("positional") or f"write {'the others' if positional else 'them'} with their names; {takes}"
        most = len(positional) or "no"
        return f"{called} takes {most} argument{'' if most == 1 else 's'} without a name; {hint}"
    given_names = {*named, *(each.name for each in positional[: len(args) - (len(signature.parameters) - len(own))])}
    missing = [each.name for each in own if each.default is each.empty and each.name not in given_names]
    hint = next((hints[each] for each in missing if each in hints), takes)
    return f"{called} needs {' and '.join(missing) or 'other arguments'}; {hint}"
