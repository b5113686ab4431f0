"""One final result per window instead of one at each change, in two ways."""

from headrace import BufferConfig, Consumed, StreamsBuilder, Suppressed, TumblingWindows


def build(builder: StreamsBuilder) -> None:
    """Reads `readings` (key: sensor) and writes the count of each closed minute to `final-counts` and `closed-counts`.

    A window closes when stream time reaches its end and grace: it takes a later record, of any key, to close it.
    """
    per_minute = builder.stream("readings", Consumed(value=float)).group_by_key().windowed_by(TumblingWindows("1m", "10s"))

    # suppress: a buffer behind the table. It works on every table, and can be bounded by records or bytes.
    final = Suppressed.until_window_closes(BufferConfig.max_records(100_000).shut_down_when_full(), name="final")
    per_minute.count(name="counts").suppress(final).to_stream().to("final-counts")

    # emit: the aggregation itself waits. It needs no second store, and keeps windows as long as their retention.
    per_minute.emit(on="window-close").count(name="closed").to_stream().to("closed-counts")
