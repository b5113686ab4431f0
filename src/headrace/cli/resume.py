"""`headrace resume`: goes on after `headrace pause`."""

from __future__ import annotations

from pathlib import Path

import click

from headrace.cli.command import Command
from headrace.cli.data import data_option
from headrace.cli.server import required_url, tell, url_option


@click.command(cls=Command, examples="headrace resume --url 8080")
@url_option
@data_option
def command(url: str | None, data: Path | None) -> None:
    """Go on with a running application after `headrace pause`."""
    tell(required_url(url, data), "/resume")
    click.echo("resumed")
