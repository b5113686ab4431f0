"""Times, and records that are not as they should be."""

import logging

from segmenter.model import EVENTS, SESSION_EVENTS, DataReceived, Device, DeviceWokeUp, Envelope

from headrace import TopicPartition


def pipe(bench, envelope, timestamp):
    bench.driver.topic(EVENTS).pipe(Device("device-1"), envelope, timestamp=timestamp)


def times(bench):
    return [timestamp for _, _, timestamp, *_ in bench.driver.topic(SESSION_EVENTS).rows()]


def test_time_is_that_of_the_envelope_else_of_the_record(bench):
    pipe(bench, Envelope(DeviceWokeUp(), 1_000), 5_000)
    pipe(bench, Envelope(DataReceived("wind", 0.5)), 5_000)
    assert times(bench) == [1_000, 5_000]


def test_records_that_cannot_be_read_are_logged_and_left_out(bench, caplog):
    with caplog.at_level(logging.WARNING, "headrace"):
        bench.driver.pipe_bytes(EVENTS, b"no key", b"no value", 1_000)
        pipe(bench, Envelope(DeviceWokeUp(), 2_000), 2_000)
    assert times(bench) == [2_000]
    assert bench.driver.metrics.total("headrace_skipped_records_total") == 1
    assert any("record_left_out" in record.getMessage() for record in caplog.records)


def test_an_event_that_is_cut_off_is_left_out_and_the_field_is_named(bench, caplog):
    pipe(bench, Envelope(DataReceived("wind", 0.5), 1_000), 1_000)
    records = bench.driver._log.reader()
    records.assign({TopicPartition(EVENTS, 0): 0})
    (batch,) = records.poll(10, 0)
    with caplog.at_level(logging.WARNING, "headrace"):
        bench.driver.pipe_bytes(EVENTS, batch.keys[0], batch.values[0][:-5], 2_000)
    records.close()
    assert len(times(bench)) == 1
    assert "event.value" in caplog.text


def test_a_record_without_device_or_event_is_counted(bench):
    bench.driver.topic(EVENTS).pipe(None, Envelope(DeviceWokeUp(), 1_000))
    bench.driver.topic(EVENTS).pipe(Device("device-1"), None)
    assert times(bench) == []
    assert bench.driver.metrics.total("segmenter_empty_records") == 2
