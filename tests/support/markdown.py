"""Code blocks of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        language: The first word behind the fence.
        title: The file it stands for (`title="wordcount.py"`), or None.
        line: Line of its first line of code in the page, from 1.
    """

    page: Path
    language: str
    title: str | None
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    """A line of a `console` block that begins with `$`, and what is printed below it."""

    text: str
    output: str
    line: int


def blocks(page: Path, language: str | None = None) -> list[Block]:
    """All fenced blocks, or those of one language, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        words, title = match["info"].split(), _TITLE.search(match["info"])
        line = text.count("\n", 0, match.start("text")) + 1
        found.append(Block(page, words[0] if words else "", title and title[1], match["text"], line))
    return [block for block in found if language is None or block.language == language]


def commands(block: Block) -> Iterator[Command]:
    """The commands of a `console` block."""
    lines = block.text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield Command(lines[start][2:], "\n".join(lines[start + 1 : end]), block.line + start)
