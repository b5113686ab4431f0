import pickle

from headrace.observe.metrics import Metrics
from headrace.observe.transfer import Gathered, Growth, GrowthOf


def test_counters_of_several_processes_are_added_up_over_all_their_lives():
    ours, parent = Metrics(), Metrics()
    gathered, growth = Gathered(parent), GrowthOf(ours)
    ours.counter("headrace_commits_total", worker="0").add(2)
    gathered.take(0, growth.take())
    ours.counter("headrace_commits_total", worker="0").add(3)
    gathered.take(0, growth.take())
    gathered.take(0, growth.take())

    next_life = Metrics()
    next_life.counter("headrace_commits_total", worker="0").add(1)
    gathered.take(0, GrowthOf(next_life).take())

    assert parent.total("headrace_commits_total", worker="0") == 6


def test_a_series_that_was_forgotten_and_made_anew_counts_from_zero():
    ours, parent = Metrics(), Metrics()
    gathered, growth = Gathered(parent), GrowthOf(ours)
    ours.counter("mine", task="0_0").add(5)
    gathered.take(0, growth.take())
    ours.forget(task="0_0")
    ours.counter("mine", task="0_0").add(2)
    gathered.take(0, growth.take())

    assert parent.total("mine") == 7


def test_gauges_are_those_of_the_processes_that_live():
    parent = Metrics()
    gathered = Gathered(parent)
    for process, value in ((0, 10), (1, 5)):
        own = Metrics()
        own.gauge("headrace_memory_bytes", pool="caches").set(value)
        gathered.take(process, GrowthOf(own).take())
    assert parent.total("headrace_memory_bytes", pool="caches") == 15

    gathered.forget(0)

    assert parent.total("headrace_memory_bytes", pool="caches") == 5


def test_gauges_can_be_left_out():
    own = Metrics()
    own.gauge("depth").read_from(lambda: 1 / 0)

    assert GrowthOf(own).take(gauges=False) == Growth()


def test_histograms_keep_their_shape():
    own, parent = Metrics(), Metrics()
    gathered, growth = Gathered(parent), GrowthOf(own)
    for seconds in (0.001, 0.2, 99.0):
        own.histogram("headrace_commit_seconds", worker="0").record(seconds)
        gathered.take(0, pickle.loads(pickle.dumps(growth.take())))
    gathered.take(0, growth.take())

    assert (
        parent.histogram("headrace_commit_seconds", worker="0").value
        == own.histogram("headrace_commit_seconds", worker="0").value
    )
