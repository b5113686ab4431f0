"""`headrace plan`: what a changed program would reuse, rebuild, begin anew, and leave behind."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from headrace.cli.command import Command
from headrace.cli.comparison import Verdict, compare
from headrace.cli.data import data_option, opened_log
from headrace.cli.failures import ExitCode
from headrace.cli.printing import json_option, print_rows
from headrace.cli.program import load_program, target_options


@click.command(
    cls=Command,
    examples="""
        headrace plan .
        headrace plan wordcount.py --json
    """,
)
@target_options
@json_option
@data_option
def command(target: str, app_id: str | None, options: tuple[str, ...], as_json: bool, data: Path | None) -> None:
    """Compare TARGET with what its last version has left on the log and in the state directory. Nothing is changed.

    Each input, store and internal topic is one of: reuse (goes on with what is there), restore (from its changelog), new
    (begins empty), lost (had data that nothing keeps), orphan (nobody uses it any more), conflict (the program will not
    start). Exit code 1 if there is a conflict.
    """
    program = load_program(target, data, app_id, options)
    with opened_log(program.config) as log:
        findings = compare(program, log.admin())
    print_rows([found.row() for found in findings], columns=("kind", "name", "verdict", "note"), as_json=as_json)
    counts = Counter(found.verdict for found in findings)
    if not as_json:
        click.echo(", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]), err=True)
    if counts[Verdict.CONFLICT]:
        raise click.exceptions.Exit(ExitCode.FAILED)
