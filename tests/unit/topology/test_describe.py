"""Descriptions where Kafka Streams' text is known; `tests/conformance/test_descriptions.py` compares many more."""

from headrace.dsl import Grouped, Materialized, StreamsBuilder
from headrace.topology.describe import describe

COUNT_BEHIND_A_REPARTITION = """\
Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in2])
      --> KSTREAM-KEY-SELECT-0000000001
    Processor: KSTREAM-KEY-SELECT-0000000001 (stores: [])
      --> g-repartition-filter
      <-- KSTREAM-SOURCE-0000000000
    Processor: g-repartition-filter (stores: [])
      --> g-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000001
    Sink: g-repartition-sink (topic: g-repartition)
      <-- g-repartition-filter

  Sub-topology: 1
    Source: g-repartition-source (topics: [g-repartition])
      --> KSTREAM-AGGREGATE-0000000002
    Processor: KSTREAM-AGGREGATE-0000000002 (stores: [c])
      --> KTABLE-TOSTREAM-0000000006
      <-- g-repartition-source
    Processor: KTABLE-TOSTREAM-0000000006 (stores: [])
      --> KSTREAM-MAPVALUES-0000000007
      <-- KSTREAM-AGGREGATE-0000000002
    Processor: KSTREAM-MAPVALUES-0000000007 (stores: [])
      --> KSTREAM-SINK-0000000008
      <-- KTABLE-TOSTREAM-0000000006
    Sink: KSTREAM-SINK-0000000008 (topic: out2)
      <-- KSTREAM-MAPVALUES-0000000007

"""


def test_prints_what_kafka_streams_prints():
    builder = StreamsBuilder(naming="kafka-streams")
    counts = builder.stream("in2").select_key(lambda key, value: value).group_by_key(Grouped(name="g")).count(Materialized("c"))
    counts.to_stream().map_values(str).to("out2")
    assert describe(builder.build()) == COUNT_BEHIND_A_REPARTITION


def test_an_empty_program_has_no_sub_topologies():
    assert describe(StreamsBuilder().build()) == "Topologies:\n "


def test_global_stores_have_a_number_among_the_sub_topologies():
    builder = StreamsBuilder()
    builder.global_table("pages")
    builder.stream("clicks").to("copy")
    text = describe(builder.build())
    assert "Sub-topology: 0 for global store (will not generate tasks)" in text
    assert "Sub-topology: 1\n" in text


def test_a_chosen_topic_is_shown_by_its_function():
    builder = StreamsBuilder()
    builder.stream("clicks").to(by_page)
    assert "Sink: clicks-to (extractor class: by_page)" in describe(builder.build())


def by_page(key, value, origin):
    return value["page"]
