"""A processor of one's own: collects readings in a store and forwards a summary every ten seconds of stream time."""

from headrace import (
    Consumed,
    Int64,
    Processor,
    ProcessorContext,
    Produced,
    PunctuationType,
    Record,
    StoreKind,
    StoreSpec,
    StreamsBuilder,
    String,
)

TOTALS = StoreSpec(name="totals", kind=StoreKind.KEY_VALUE, key_format=String(), value_format=Int64())


class Summary(Processor[str, int, str, int]):
    """Adds up values per key; a punctuation forwards the totals and begins anew. One instance per task."""

    def init(self, context: ProcessorContext[str, int]) -> None:
        """Called before the first record."""
        super().init(context)
        self.totals = context.store("totals")
        context.schedule("10s", PunctuationType.STREAM_TIME, self.summarise)

    def process(self, record: Record[str, int]) -> None:
        """Called for every record."""
        self.totals.put(record.key, (self.totals.get(record.key) or 0) + record.value)

    def summarise(self, time: int) -> None:
        """Called when stream time passes a multiple of ten seconds."""
        for key, total in list(self.totals.all()):
            self.context.forward(Record(key, total, time))
            self.totals.delete(key)


def build(builder: StreamsBuilder) -> None:
    """Reads `readings` (value: number) and writes totals to `summaries`."""
    builder.add_state_store(TOTALS)
    readings = builder.stream("readings", Consumed(value=int))
    readings.process(Summary, "totals", name="summary").to("summaries", Produced(key=str, value=int))
