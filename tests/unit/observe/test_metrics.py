import pytest

from headrace.core.errors import ConfigurationError
from headrace.observe import Metrics

DROPPED = "headrace_dropped_records_total"


def test_the_same_name_and_labels_give_the_same_counter():
    metrics = Metrics()
    late = metrics.counter(DROPPED, task="0_0", reason="late")
    late.value += 2
    metrics.counter(DROPPED, reason="late", task="0_0").add()
    metrics.counter(DROPPED, task="0_0", reason="null-key").add(5)
    assert late.value == 3
    assert metrics.total(DROPPED) == 8
    assert metrics.total(DROPPED, reason="late") == 3
    assert metrics.total(DROPPED, reason="unseen") == 0


def test_gauges_are_set_or_read_when_somebody_looks():
    metrics, held = Metrics(), [1, 2, 3]
    metrics.gauge("headrace_store_entries", store="a").set(7)
    metrics.gauge("headrace_store_entries", store="b").read_from(lambda: len(held))
    held.append(4)
    assert [sample.value for sample in metrics.snapshot()] == [7, 4]


def test_histograms_count_values_at_or_below_their_bounds():
    metrics = Metrics()
    histogram = metrics.histogram("headrace_commit_seconds")
    for seconds in (0.001, 0.002, 0.004, 100.0):
        histogram.record(seconds)
    value = histogram.value
    assert (value.count, value.sum) == (4, pytest.approx(100.007))
    assert value.buckets[:3] == ((0.001, 1), (0.0025, 2), (0.005, 3))
    assert value.buckets[-1] == (float("inf"), 4)
    assert value.quantile(0.5) == 0.0025
    assert metrics.histogram("headrace_rebalance_seconds").value.quantile(0.5) == 0


def test_histograms_of_record_counts_have_bounds_of_their_own():
    assert Metrics().histogram("headrace_poll_records").value.buckets[-2][0] == 50_000


def test_snapshot_is_sorted_and_does_not_move():
    metrics = Metrics()
    metrics.counter("headrace_process_records_total", task="0_1").add(3)
    metrics.counter("headrace_process_records_total", task="0_0").add(2)
    before = metrics.snapshot()
    metrics.counter("headrace_process_records_total", task="0_0").add(2)
    assert [(sample.labels, sample.value) for sample in before] == [((("task", "0_0"),), 2), ((("task", "0_1"),), 3)]


def test_forgets_the_series_of_a_task_that_moved_away():
    metrics = Metrics()
    for task in ("0_0", "0_1"):
        metrics.counter("headrace_process_records_total", task=task).add()
        metrics.gauge("headrace_store_entries", task=task, store="s").set(1)
    metrics.forget(task="0_0")
    assert {sample.labels[-1] for sample in metrics.snapshot()} == {("task", "0_1")}


def test_endless_label_values_share_one_series_and_are_counted():
    metrics = Metrics(max_series=2)
    for user in range(5):
        metrics.counter("visits", user=user).add()
    assert metrics.total("visits") == 5
    assert metrics.total("visits", user="_other") == 3
    assert metrics.total("headrace_metric_series_refused_total", metric="visits") == 3


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda m: m.counter("headrace_droped_records_total"),
            "no metric 'headrace_droped_records_total'\n.*mean 'headrace_dropped",
        ),
        (lambda m: m.counter(DROPPED, topic="t"), "has no label 'topic'"),
        (lambda m: m.gauge(DROPPED), "is a counter, not a gauge"),
    ],
)
def test_own_names_labels_and_kinds_are_those_of_the_catalogue(ask, message):
    with pytest.raises(ConfigurationError, match=message):
        ask(Metrics())


def test_a_users_metric_keeps_its_kind():
    metrics = Metrics()
    metrics.counter("orders", shop="a")
    with pytest.raises(ConfigurationError, match="'orders' is a counter already, not a gauge"):
        metrics.gauge("orders", shop="a")


def test_values_are_plain_numbers_by_name_and_labels():
    metrics = Metrics()
    metrics.counter(DROPPED, task="0_0", node="counts", reason="late").add(2)
    metrics.gauge("headrace_source_lag_records", topic='a"b', partition=0).set(7)
    metrics.counter("mine").add()
    metrics.histogram("headrace_commit_seconds", worker="0").record(0.5)
    assert metrics.values() == {
        'headrace_commit_seconds_count{worker="0"}': 1,
        'headrace_commit_seconds_sum{worker="0"}': 0.5,
        'headrace_dropped_records_total{node="counts",reason="late",task="0_0"}': 2,
        'headrace_source_lag_records{partition="0",topic="a\\"b"}': 7,
        "mine": 1,
    }


def test_a_total_of_a_misspelt_metric_or_label_is_an_error_rather_than_zero():
    with pytest.raises(ConfigurationError, match="there is no metric 'headrace_droped_records_total'") as raised:
        Metrics().total("headrace_droped_records_total")
    assert raised.value.hint == f"did you mean {DROPPED!r}?"
    with pytest.raises(ConfigurationError, match="has no label 'resaon'"):
        Metrics().total(DROPPED, resaon="late")
    assert Metrics().total("of_the_user_s_own") == 0
