"""The files of the project, for tests about the project itself."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
from pathlib import Path
from types import ModuleType

import headrace

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "headrace"
_FOLDERS = ("*", *(f"{folder}/**/*" for folder in ("apps", "bench", "docs", "examples", "src", "tests")))


def source_files() -> list[Path]:
    """The library's modules."""
    return sorted(SOURCE.rglob("*.py"))


def tracked_files() -> list[Path]:
    """Everything that is, or will be, under version control; in an unpacked archive, everything in the project's folders."""
    if not (ROOT / ".git").exists():
        return sorted(path for folder in _FOLDERS for path in ROOT.glob(folder) if path.is_file() and path.suffix != ".pyc")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / line for line in listed if (ROOT / line).is_file()]


def pages() -> list[Path]:
    """All prose."""
    return [path for path in tracked_files() if path.suffix == ".md"]


def modules() -> list[ModuleType]:
    """All modules of the library, imported."""
    names = [found.name for found in pkgutil.walk_packages(headrace.__path__, "headrace.")]
    return [headrace, *(importlib.import_module(name) for name in names if not name.endswith("__main__"))]
