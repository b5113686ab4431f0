"""`headrace new`: a project that runs, from the template in this package."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path

import click

from headrace.cli.command import Command
from headrace.core.errors import ConfigurationError, HeadraceError, TopologyError
from headrace.core.identifiers import checked_name

_SUFFIX = ".tmpl"
_HIDDEN = {"gitignore": ".gitignore"}
"""Files whose real names would make tools take the template itself for a project."""


@click.command(cls=Command, examples="headrace new wordcount")
@click.argument("path", metavar="NAME", type=click.Path(path_type=Path))
def command(path: Path) -> None:
    """Make the folder NAME with a project in it: a word count that runs, its tests, its options, a README.

    NAME also becomes the application id; of a path that is its last part. The folder must be new or empty.
    """
    name = _checked(path.resolve().name)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        message = f"{path} exists already and is not empty"
        raise HeadraceError(message, hint="choose another name, or an empty folder")
    written = sorted(_write(files("headrace.cli") / "template", path, name))
    for file in written:
        click.echo(f"wrote {file}")
    test = "pytest" if find_spec("pytest") else "pip install pytest && pytest"
    click.echo(f"\nnext:\n  cd {path}\n  {test}\n  less README.md", err=True)


def _checked(name: str) -> str:
    try:
        return checked_name(name, "application")
    except TopologyError as error:
        raise ConfigurationError(error.message, hint=error.hint) from None


def _write(source: Traversable, target: Path, name: str) -> list[Path]:
    """Writes a folder of the template; the files written."""
    target.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for entry in source.iterdir():
        if entry.is_dir():
            written += _write(entry, target / entry.name, name)
        elif entry.name.endswith(_SUFFIX):
            plain = entry.name.removesuffix(_SUFFIX)
            file = target / _HIDDEN.get(plain, plain)
            file.write_text(entry.read_text(encoding="utf-8").replace("{{name}}", name), encoding="utf-8")
            written.append(file)
    return written
