import pytest

from headrace import JoinWindows, StreamsBuilder
from headrace.testing import TestDriver

RULE = ("single.store.self.join",)


def self_join(optimize, how="join", **window):
    builder = StreamsBuilder(optimize=optimize)
    clicks = builder.stream("clicks")
    windows = JoinWindows(**{"before": 10, "after": 5, "grace": 20, **window})
    getattr(clicks, how)(clicks, lambda one, other: f"{one}{other}", windows).to("out")
    return builder.build()


def test_one_store_is_spared():
    assert len(self_join(()).stores) == 2
    assert len(self_join(RULE).stores) == 1


@pytest.mark.parametrize(("how", "window"), [("join", {"before": -1}), ("left_join", {}), ("outer_join", {})])
def test_joins_in_which_a_record_may_have_no_partner_stay(how, window):
    assert self_join(RULE, how, **window).stores.keys() == self_join((), how, **window).stores.keys()


def test_results_come_in_the_same_order():
    results = []
    for optimize in ((), RULE):
        with TestDriver(self_join(optimize)) as driver:
            for value, timestamp in enumerate((100, 101, 95, 107, 101, 90, 140, 104)):
                driver.topic("clicks").pipe("k", value, timestamp)
            results.append([(row.value, row.timestamp) for row in driver.topic("out").rows()])
    assert results[0] == results[1]
    assert len(results[0]) > 20
