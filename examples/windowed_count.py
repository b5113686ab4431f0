"""Counts page views per minute of event time, with five seconds for those that come late."""

from headrace import Consumed, StreamsBuilder, TumblingWindows


def build(builder: StreamsBuilder) -> None:
    """Reads `views` (key: page; the field `at` is the event time) and writes to `views-per-minute` at each change."""
    views = builder.stream("views", Consumed(value=dict, timestamp="at"))
    minutes = TumblingWindows(size="1m", grace="5s")
    per_minute = views.group_by_key().windowed_by(minutes).count(name="views-per-minute")
    # The key is a Windowed: page, start and end of the minute. A record that is late for its window is dropped and counted
    # in the metric headrace_dropped_records_total.
    per_minute.to_stream().to("views-per-minute")
