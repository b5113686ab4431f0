"""What can be told of a user's function without calling it: its name, and whether it is an async one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, MethodType
from typing import Any

_AWAITABLE = ("Awaitable", "Coroutine", "Future", "Task")


def name_of(function: Any) -> str:
    """What a user calls a function: `fraud`, `Rules.check`, or its text where it has no name."""
    bare = _bare(function)
    return getattr(bare, "__qualname__", None) or repr(bare)


def is_async(function: Any) -> bool:
    """Whether calling it gives a coroutine (or an async generator): by `async def`, its own or that of `__call__`."""
    bare = _bare(function)
    return any(inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each) for each in (bare, _call_of(bare)))


def is_plain(function: Any) -> bool:
    """Whether calling it certainly gives no awaitable.

    A lambda, a decorated async function, one that is annotated to return an awaitable, or a callable that does not tell may
    give one.
    """
    bare = _bare(function)
    if is_async(bare):
        return False
    if isinstance(bare, type):
        return not hasattr(bare, "__await__")
    if isinstance(bare, BuiltinFunctionType):
        return bare.__module__ == "builtins"
    if isinstance(bare, MethodDescriptorType):
        return bare.__objclass__.__module__ == "builtins"
    found = bare if isinstance(bare, FunctionType | MethodType) else _call_of(bare)
    if isinstance(found, MethodType):
        found = found.__func__
    if not isinstance(found, FunctionType) or found.__name__ == "<lambda>" or is_async(inspect.unwrap(found)):
        return False
    return not any(word in str(found.__annotations__.get("return", "")) for word in _AWAITABLE)


def _bare(function: Any) -> Any:
    while isinstance(function, partial):
        function = function.func
    return function


def _call_of(function: Any) -> Callable[..., Any] | None:
    if isinstance(function, type):
        return None
    return getattr(type(function), "__call__", None)  # noqa: B004 - the function itself is wanted
