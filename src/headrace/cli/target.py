"""TARGET: from what stands on the command line to a program of the user's.

| written | means |
|---|---|
| `package.module:name` | an attribute of a module, importable from here |
| `path/to/file.py:name` | an attribute of a file |
| `path/to/folder` | what `program` in its headrace.toml says, else its app.py |

Without a name, `app`, `topology`, `builder` or `build` is taken, in this order.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from headrace.app.application import App
from headrace.cli.failures import ApplicationError, application_failures
from headrace.config.sources import find_file, from_file
from headrace.core.errors import ConfigurationError
from headrace.dsl import StreamsBuilder
from headrace.topology.builder import TopologyBuilder
from headrace.topology.physical import Topology

_USUAL_NAMES = ("app", "topology", "builder", "build")
_USUAL_FILE = "app.py"
_UNTELLING = {"app", "main", "__init__", "__main__"}
"""Names of modules that say nothing about the application: the folder's is taken for its id."""


@dataclass(frozen=True, slots=True)
class Target:
    """A target that was found and imported, but not built.

    Attributes:
        text: As it was written.
        value: What the attribute is.
        name: The attribute's name.
        directory: Where headrace.toml is looked for.
        stem: A name for the application where none is given.
    """

    text: str
    value: Any
    name: str
    directory: Path
    stem: str


def find_target(text: str) -> Target:
    """Finds and imports a target.

    Raises:
        ConfigurationError: It is not there; the message says what was looked for and what is there.
        ApplicationError: Importing it failed.
    """
    place, attribute = _split(text)
    path = Path(place)
    if path.is_dir():
        return _in_folder(text, path, attribute)
    if path.suffix == ".py" or path.is_file():
        if not path.is_file():
            message = f"there is no file {place} in {Path.cwd()}"
            raise ConfigurationError(message, hint=_nearby(path))
        module, directory = _import_file(path.resolve()), _project_of(path.resolve().parent)
    elif "/" in place:
        message = f"there is neither a folder nor a file {place}"
        raise ConfigurationError(message, hint="a target is a folder, a file.py[:name], or module:name")
    else:
        module, directory = _import_module(place), Path.cwd()
    name, value = _attribute(module, attribute, text)
    return Target(text, value, name, directory, _stem(module))


def _split(text: str) -> tuple[str, str | None]:
    place, colon, attribute = text.rpartition(":")
    return (place, attribute) if colon and place else (text, None)


def _in_folder(text: str, folder: Path, attribute: str | None) -> Target:
    program = _program_of(folder)
    place, named = _split(program or _USUAL_FILE)
    path = folder / place
    if path.suffix == ".py":
        if not path.is_file():
            where = f"program = {program!r} in its configuration names it" if program else "nothing else is named"
            message = f"the folder {text} has no file {place} ({where})"
            raise ConfigurationError(message, hint='name the program in headrace.toml: program = "file.py:build"')
        module = _import_file(path.resolve())
    else:
        _add_to_path(folder.resolve())
        module = _import_module(place)
    name, value = _attribute(module, attribute or named, text)
    return Target(text, value, name, folder, _legal(folder.resolve().name))


def _program_of(folder: Path) -> str | None:
    file = find_file(folder, {})
    entries = from_file(file) if file is not None else []
    return next((str(entry.value) for entry in entries if entry.name == "program"), None)


def _import_file(path: Path) -> ModuleType:
    """Imports a file; one within a package under its full name, so that its relative imports work."""
    root, parts = path.parent, [] if path.stem == "__init__" else [path.stem]
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    _add_to_path(root)
    name = ".".join(parts)
    if len(parts) > 1 or path.stem.isidentifier():
        known = sys.modules.get(name)
        if known is not None and getattr(known, "__file__", None) == str(path):
            return known
    if len(parts) > 1:
        with application_failures(f"importing {path.name}"):
            return importlib.import_module(name)
    return _load(path, name if name not in sys.modules else f"headrace_target_{name}")


def _load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        message = f"{path} is no Python file"
        raise ConfigurationError(message)
    module = importlib.util.module_from_spec(spec)
    # Registered before it runs, so that dataclasses and pickling of its classes find it.
    sys.modules[name] = module
    try:
        with application_failures(f"importing {path.name}"):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _import_module(name: str) -> ModuleType:
    _add_to_path(Path.cwd())
    if not _is_there(name):
        message = f"there is no module {name!r} (looked for in {Path.cwd()} and in what is installed)"
        raise ConfigurationError(message, hint=_nearby(Path(name)))
    with application_failures(f"importing {name}"):
        return importlib.import_module(name)


def _is_there(module: str) -> bool:
    """Whether a module exists; for one in a package that means importing the package."""
    try:
        with application_failures(f"importing {module}"):
            return importlib.util.find_spec(module) is not None
    except ApplicationError as error:
        cause = error.__cause__
        if isinstance(cause, ModuleNotFoundError) and f"{module}.".startswith(f"{cause.name}."):
            return False
        raise


def _add_to_path(directory: Path) -> None:
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))


def _attribute(module: ModuleType, wanted: str | None, text: str) -> tuple[str, Any]:
    candidates = [name for name, value in vars(module).items() if not name.startswith("_") and _is_program(value, module)]
    there = f"it has: {', '.join(candidates)}" if candidates else "it has no application, topology or function"
    if wanted is not None:
        value: Any = module
        for part in wanted.split("."):
            if not hasattr(value, part):
                message = f"{text}: module {module.__name__!r} has no {wanted!r}"
                raise ConfigurationError(message, hint=there)
            value = getattr(value, part)
        return wanted, value
    for name in _USUAL_NAMES:
        if name in candidates:
            return name, getattr(module, name)
    message = f"{text}: module {module.__name__!r} has none of {', '.join(_USUAL_NAMES)}"
    raise ConfigurationError(message, hint=f"name what to run, as in {text}:NAME; {there}")


def _is_program(value: Any, module: ModuleType) -> bool:
    if isinstance(value, App | Topology | StreamsBuilder | TopologyBuilder):
        return True
    return callable(value) and not isinstance(value, type) and getattr(value, "__module__", None) == module.__name__


def _nearby(path: Path) -> str:
    folder = path.parent if path.parent.is_dir() else Path()
    files = sorted(found.name for found in folder.glob("*.py"))[:8]
    return f"{folder.resolve()} has: {', '.join(files) or 'no Python files'}"


def _project_of(directory: Path) -> Path:
    """The folder of a file, or the first above it that has a headrace.toml; the working directory is not left for that."""
    here = Path.cwd()
    return next(
        (folder for folder in (directory, *directory.parents) if (folder / "headrace.toml").is_file()),
        here,
    )


def _stem(module: ModuleType) -> str:
    last = module.__name__.removeprefix("headrace_target_").rpartition(".")[2]
    file = getattr(module, "__file__", None)
    return _legal(Path(file).parent.name if last in _UNTELLING and file else last)


def _legal(name: str) -> str:
    return "".join(sign if (sign.isalnum() and sign.isascii()) or sign in "._-" else "-" for sign in name) or "app"
