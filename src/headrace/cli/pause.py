"""`headrace pause`: processing stops until `headrace resume`."""

from __future__ import annotations

from pathlib import Path

import click

from headrace.cli.command import Command
from headrace.cli.data import data_option
from headrace.cli.server import required_url, tell, url_option


@click.command(cls=Command, examples="headrace pause --url 8080")
@url_option
@data_option
def command(url: str | None, data: Path | None) -> None:
    """Stop processing and punctuation of a running application until `headrace resume`. Its server must be on this machine.

    What was done is committed; tasks and stores stay where they are, and queries are answered.
    """
    tell(required_url(url, data), "/pause")
    click.echo("paused")
