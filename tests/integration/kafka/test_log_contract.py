"""The contract that all logs share, on a real broker. What Kafka does otherwise is listed with its reason, and not collected.

Left out as a whole: ownership (several instances of an application may run) and cleaning (brokers clean when they like, by
their own clock).
"""

from __future__ import annotations

import test_log_producing
import test_log_reading
import test_log_topics

_OTHERWISE = {
    "test_keeps_null_keys_tombstones_empty_bytes_and_odd_times": "brokers refuse timestamps more than an hour ahead",
    "test_shares_a_small_poll_among_partitions": "records come in the order of fetches; the worker pauses what is ahead",
    "test_serves_all_partitions_in_turn_when_polls_are_tiny": "records come in the order of fetches",
    "test_records_deleted_under_a_reader_are_not_skipped_in_silence": "a reader hands out what was fetched before the deletion",
    "test_a_topic_deleted_under_a_reader_is_an_error_even_if_made_again": "librdkafka notices a topic by its name only",
    "test_describes_a_topic_as_it_was_made": "brokers refuse settings that they do not know",
}


_MODULES = (test_log_producing, test_log_reading, test_log_topics)
for _module in _MODULES:
    globals().update({name: of for name, of in vars(_module).items() if name.startswith("test_") and name not in _OTHERWISE})


def test_every_exception_is_a_test_of_the_contract():
    assert set(_OTHERWISE) <= {name for module in _MODULES for name in vars(module)}
