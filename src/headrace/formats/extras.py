"""Libraries that only some formats need."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from headrace.core.errors import ConfigurationError


def required(module: str, extra: str) -> ModuleType:
    """A module of an optional dependency.

    Raises:
        ConfigurationError: It is not installed; the hint names the extra.
    """
    try:
        return import_module(module)
    except ImportError as error:
        if error.name is not None and not (module + ".").startswith(error.name.partition(".")[0] + "."):
            raise  # it is there, but lacks something itself
        message = f"the package {module.partition('.')[0]} is not installed"
        raise ConfigurationError(message, hint=f"pip install 'headrace[{extra}]'") from None
