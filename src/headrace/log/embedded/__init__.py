"""A durable log in one directory, for one machine, without a server: SQLite over batches of records.

A row of `frames` is a batch, never a record: `frames` packs and unpacks it, `writer` appends it, `reader` hands it out,
`retention` and `compactor` give it up. `database` is the one way to SQLite and turns its errors into ours.
"""

from headrace.log.embedded.log import EmbeddedLog, open_log

__all__ = ["EmbeddedLog", "open_log"]
