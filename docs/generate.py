"""Writes the pages and pictures that are made from the code: `.venv/bin/python docs/generate.py`.

`docs/reference/api.md` and `errors.md` come from docstrings, the table in `docs/how-to/metrics.md` from the catalogue of
metrics, `docs/images/*.svg` from programs. A test compares them with what is under version control.
(`docs/reference/configuration.md` is made by `python -m headrace.config.reference`.)
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import headrace
import headrace.dsl
import headrace.testing
from headrace import Format, HeadraceError, StreamsBuilder
from headrace.core import errors
from headrace.observe.catalogue import CATALOGUE
from headrace.topology.draw_svg import draw_svg

DOCS = Path(__file__).parent
SOURCE = DOCS.parent / "src" / "headrace"

FOREIGN_KEY_JOIN = DOCS.parent / "examples" / "foreign_key_join.py"

METRICS = DOCS / "how-to" / "metrics.md"
METRICS_HEAD = "| metric | labels | tells |\n|---|---|---|"

AREAS = {
    "Programs": ("headrace.dsl", "headrace.topology"),
    "Options of operators": ("headrace.plan",),
    "Windows and time": ("headrace.core.windows", "headrace.core.time"),
    "Records": ("headrace.core.records", "headrace.core.identifiers"),
    "Formats": ("headrace.formats",),
    "Processors and stores": ("headrace.processor", "headrace.state"),
    "Running": ("headrace.app", "headrace.runtime"),
    "Testing": ("headrace.testing",),
}


API_HEAD = """\
# Public names

Generated from the docstrings by `docs/generate.py`. `help(NAME)` shows the whole text, with parameters, errors and examples;
the source of a Kafka Streams rule is named there by its KIP. Errors stand on [their own page](errors.md). What is marked
`dsl` is not imported by hand: operators return it."""

ERRORS_HEAD = """\
# Errors

Generated from `headrace.core.errors` by `docs/generate.py`.

Every error of Headrace is a `HeadraceError`. Its text says what happened and where; `hint`, where there is one, says how to
fix it. `retriable` tells whether the same call may succeed later. Errors that are not in `headrace` itself are imported
from `headrace.core.errors`. Exit codes of the command line stand in [its reference](cli.md).

```text
TREE
```

| error | meaning | retriable |
|---|---|---|"""


def generated() -> dict[Path, str]:
    """Every generated file with its text."""
    files = {DOCS / "reference" / "api.md": api_page(), DOCS / "reference" / "errors.md": errors_page()}
    files[METRICS] = metrics_page(METRICS.read_text(encoding="utf-8"))
    files[DOCS / "images" / "wordcount.svg"] = drawing(first_program())
    files[DOCS / "images" / "foreign-key-join.svg"] = drawing(FOREIGN_KEY_JOIN.read_text(encoding="utf-8"))
    return files


# ---- public names -----------------------------------------------------------------------------------------------------


def api_page() -> str:
    """All public names with their first sentences."""
    lines = [API_HEAD]
    entries = dict(public_names())
    for title, places in AREAS.items():
        found = {name: thing for name, (place, thing) in entries.items() if place.startswith(places)}
        lines += ["", f"## {title}", ""]
        for name, thing in found.items():
            lines += entry(name, thing)
    return "\n".join(lines) + "\n"


def public_names() -> Iterator[tuple[str, tuple[str, object]]]:
    """Name, module and object (for constants: the text below them); errors are left out."""
    texts = constant_texts()
    for door in (headrace, headrace.testing, headrace.dsl):
        for name in door.__all__:
            thing = getattr(door, name)
            if name in texts:
                yield name, texts[name]
            elif not (inspect.isclass(thing) and issubclass(thing, HeadraceError)):
                yield name, (thing.__module__, thing)


def constant_texts() -> dict[str, tuple[str, str]]:
    """Module and text of the public constants: the string below an assignment."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for statement, below in pairwise(ast.parse(path.read_text(encoding="utf-8")).body):
            match statement, below:
                case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text))):
                    if name in headrace.__all__:
                        module = path.relative_to(SOURCE.parent).with_suffix("")
                        found[name] = (".".join(module.parts), text)
    return found


def entry(name: str, thing: object) -> list[str]:
    """A name, what it is for, and its methods."""
    mark = "" if hasattr(headrace, name) or hasattr(headrace.testing, name) else " (dsl)"
    lines = [f"- **`{name}`**{mark}: {thing if isinstance(thing, str) else first_sentence(thing)}"]
    if inspect.isclass(thing) and not issubclass(thing, Format):
        names = [method for method, member in inspect.getmembers(thing) if is_operator(method, member)]
        if names:
            lines.append(f"  Methods: {', '.join(f'`{each}`' for each in names)}")
    return lines


def is_operator(name: str, member: object) -> bool:
    """Whether a member is a method that users call."""
    own = str(getattr(member, "__module__", "")).startswith("headrace")
    return not name.startswith("_") and own and (inspect.isfunction(member) or inspect.ismethod(member))


def first_sentence(thing: object) -> str:
    """The first paragraph of a docstring, in one line."""
    paragraph = (inspect.getdoc(thing) or "").split("\n\n")[0]
    return " ".join(paragraph.split())


# ---- errors -----------------------------------------------------------------------------------------------------------


def errors_page() -> str:
    """The tree of errors and what each means."""
    tree = (errors.__doc__ or "").split("\n\n", 1)[1].strip()
    lines = [ERRORS_HEAD.replace("TREE", tree)]
    for name, kind in vars(errors).items():
        if inspect.isclass(kind) and issubclass(kind, HeadraceError):
            lines.append(f"| `{name}` | {first_sentence(kind)} | {'yes' if kind.retriable else 'no'} |")
    return "\n".join(lines) + "\n"


# ---- metrics ----------------------------------------------------------------------------------------------------------


def metrics_page(text: str) -> str:
    """The page with its table of the metrics that something feeds; the rest of it is written by hand."""
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if path.name != "catalogue.py")
    rows = (
        f"| `{found.name}` | {', '.join(f'`{label}`' for label in found.labels) or 'none'} | {found.doc} |"
        for found in CATALOGUE.values()
        if f'"{found.name}"' in sources
    )
    before, rest = text.split(METRICS_HEAD, 1)
    return "\n".join([before + METRICS_HEAD, *rows, "", rest.split("\n\n", 1)[1]])


# ---- pictures ---------------------------------------------------------------------------------------------------------


def first_program() -> str:
    """The word count of the README."""
    text = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    return text.split('```python title="wordcount.py"\n', 1)[1].split("\n```\n", 1)[0]


def drawing(program: str) -> str:
    """What `headrace topology draw` writes for a program that has `build(builder)`."""
    namespace: dict[str, Any] = {}
    exec(program, namespace)
    builder = StreamsBuilder()
    namespace["build"](builder)
    return draw_svg(builder.build()).rstrip() + "\n"


if __name__ == "__main__":
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(DOCS.parent))  # noqa: T201 - a script
