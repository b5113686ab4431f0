"""Lets the first record of each id through and drops its repetitions within a day."""

from headrace import Consumed, Processor, Record, StoreKind, StoreSpec, StreamsBuilder, String

DAY_MS = 24 * 60 * 60 * 1000

# A window store forgets by itself: entries older than the retention are dropped.
SEEN = StoreSpec(
    name="seen",
    kind=StoreKind.WINDOW,
    key_format=String(),
    value_format=String(),
    window_size_ms=DAY_MS,
    retention_ms=2 * DAY_MS,
)


class FirstOnly(Processor[str, str, str, str]):
    """Forwards a record if its id was not seen in the day before it."""

    def process(self, record: Record[str, str]) -> None:
        """Called for every record."""
        seen = self.context.store("seen")
        before = seen.fetch_range(record.key, max(0, record.timestamp - DAY_MS), record.timestamp)
        if next(iter(before), None) is None:
            seen.put(record.key, "", record.timestamp)
            self.context.forward(record)


def build(builder: StreamsBuilder) -> None:
    """Reads `events` (key: id) and writes to `unique-events`. The key stays, so nothing is repartitioned."""
    builder.add_state_store(SEEN)
    builder.stream("events", Consumed(value=str)).process_values(FirstOnly, "seen", name="first-only").to("unique-events")
