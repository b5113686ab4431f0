"""Pace, garbage policy, requests of other threads."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from headrace import LifecycleError
from headrace.runtime.garbage import frozen_objects
from headrace.runtime.pacing import Pace
from headrace.runtime.requests import Requests


def test_chunks_grow_while_full_ones_are_quick_and_shrink_when_one_is_slow() -> None:
    pace = Pace()
    first = pace.records
    pace.took(0.001, first)
    assert pace.records == 2 * first
    pace.took(0.001, 3)
    assert pace.records == 2 * first
    pace.took(1.0, 100)
    assert pace.records == 50
    for _ in range(20):
        pace.took(1.0, pace.records)
    assert pace.records == 1
    for _ in range(30):
        pace.took(0.0, pace.records)
    assert pace.records == 16_384


def test_freezing_takes_what_is_there_out_of_collection_until_the_end() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with frozen_objects("freeze"):
        assert gc.get_freeze_count() > frozen
        assert gc.get_threshold() != before
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_the_last_of_several_workers_puts_the_collector_back() -> None:
    before = gc.get_threshold()
    one, two = frozen_objects("freeze"), frozen_objects("freeze")
    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    assert gc.get_threshold() != before
    two.__exit__(None, None, None)
    assert gc.get_threshold() == before


def test_python_s_own_policy_changes_nothing() -> None:
    before = gc.get_threshold()
    with frozen_objects("python"):
        assert gc.get_threshold() == before


def test_requests_are_run_by_the_thread_that_serves() -> None:
    requests = Requests()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(lambda: requests.submit(threading.get_ident)).result()
        assert requests
        requests.serve()
        assert future.result(0) == threading.get_ident()
    assert not requests


def test_an_error_goes_to_who_asked_and_a_cancelled_request_is_left_out() -> None:
    requests = Requests()
    ran: list[int] = []
    failing, cancelled = requests.submit(lambda: 1 // 0), requests.submit(lambda: ran.append(1))
    cancelled.cancel()
    requests.serve()
    with pytest.raises(ZeroDivisionError):
        failing.result(0)
    assert ran == []


def test_the_serving_thread_does_not_wait_for_itself() -> None:
    requests = Requests()
    requests.serve()
    assert requests.submit(lambda: requests.submit(lambda: 5).result(0)).result(0) == 5


def test_requests_left_over_and_those_that_come_after_the_end_fail() -> None:
    requests = Requests()
    left = requests.submit(lambda: 1)
    requests.close()
    late = requests.submit(lambda: 1)
    for future in (left, late):
        with pytest.raises(LifecycleError, match="the application has stopped"):
            future.result(0)


def test_less_is_polled_at_once_where_queries_wait() -> None:
    assert Pace(5_000).polled == 5_000
    assert Pace(5_000, answers=True).polled == 300
    assert Pace(10, answers=True).polled == 10
