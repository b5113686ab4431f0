"""Counts words: the smallest program with state.

headrace topics create lines
echo "to be or not to be" | headrace produce lines
headrace run examples/word_count.py --until-end
headrace consume word-counts
"""

from headrace import Consumed, Grouped, StreamsBuilder


def build(builder: StreamsBuilder) -> None:
    """Reads `lines`, keeps one count per word, and writes each new count to `word-counts`."""
    lines = builder.stream("lines", Consumed(value=str))
    words = lines.flat_map_values(lambda line: line.lower().split())
    # The word becomes the key. Records of one word meet in one partition by way of the topic `<app id>-words-repartition`.
    by_word = words.group_by(lambda _key, word: word, Grouped(key=str, value=str, name="words"))
    by_word.count(name="word-counts").to_stream().to("word-counts")
