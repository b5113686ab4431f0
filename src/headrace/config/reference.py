"""The reference page of all options, rendered from their declarations.

python -m headrace.config.reference > docs/reference/configuration.md
"""

from __future__ import annotations

import sys
from itertools import groupby

from headrace.config.app_config import OPTIONS
from headrace.config.option import REQUIRED, Option

_HEAD = """# Configuration

This page is generated from the declarations in `headrace.config`: `python -m headrace.config.reference`.

An option is looked for in this order, and the first that has it wins:

1. the call, by its name: `App("clicks", topology, commit_interval="5s")`
2. the environment, by its variable: `HEADRACE_COMMIT_INTERVAL=5s` (empty counts as not set)
3. the file: `headrace.toml` in the working directory, else `[tool.headrace]` in its `pyproject.toml`; `HEADRACE_CONFIG`
   names another one
4. the default

Unknown names are errors that name the nearest option. An option may also go by its name in Kafka Streams. Durations are written
`500ms`, `5s`, `2m`, `1h`, `7d`, as a number of milliseconds or, in the program, as a `timedelta`; sizes `64kB`, `256MB`, `1GB`
(powers of 1000), `1GiB` (of 1024), or a number of bytes. `AppConfig`, the result, holds them as `commit_interval_ms` and
`memory_limit_bytes`.

Settings of Kafka's clients pass through under librdkafka's names: in the table `kafka` of the file, in the mapping `kafka` of
the call, or as variables (`HEADRACE_KAFKA_SASL_USERNAME` is `sasl.username`). Those that Headrace sets itself, such as
`group.id`, are refused. With the prefix `consumer.`, `producer.` or `admin.` a setting is for one kind of client only
(`"producer.compression.type" = "lz4"`); `main.consumer.`, `restore.consumer.` and `global.consumer.` are for those that read
inputs, changelogs, and the topics of global tables. Java's names are understood where they mean the same: `fetch.max.wait.ms`,
`max.request.size`, `buffer.memory`, `send.buffer.bytes`, `receive.buffer.bytes`, `sasl.jaas.config` with a user and a password,
and certificates in PEM (`ssl.truststore.location`, `ssl.keystore.key` ...). A name without an equal is an error.

```toml
app_id = "clicks"
commit_interval = "5s"

[kafka]
"security.protocol" = "SASL_SSL"
```
"""


def render_reference() -> str:
    """The page as Markdown."""
    parts = [_HEAD]
    for group, options in groupby(OPTIONS, key=lambda option: option.group):
        title, _, note = group.partition(". ")
        parts.append(f"## {title}\n\n{note + '.' + chr(10) + chr(10) if note else ''}" + "\n".join(map(_section, options)))
    return "\n".join(parts)


def _section(option: Option) -> str:
    if option.default is REQUIRED:
        default = "none, it must be set"
    else:
        default = "not set" if option.default is None else f"`{option.kind.show(option.default)}`"
    lines = [f"### {option.name}", "", option.doc, "", f"- Value: {option.kind.name}", f"- Default: {default}"]
    lines.append(f"- Environment: `{option.environment_name}`")
    if option.aliases:
        lines.append("- Kafka Streams: " + ", ".join(f"`{alias}`" for alias in option.aliases))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render_reference())
