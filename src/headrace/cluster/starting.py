"""Starting brokers: all of them come up, or none of those that were started stays."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from headrace.cluster.broker import Broker, JavaRuntime
from headrace.cluster.log_files import reason_of_failure
from headrace.cluster.probe import live_brokers
from headrace.cluster.processes import Process
from headrace.cluster.stopping import stop_brokers
from headrace.core.errors import ClusterError

_PAUSE_S = 0.1
_LINES_SEARCHED = 500
_LINES_TOLD = 12
_HINTS = (
    ("Address already in use", "another process took the port meanwhile; choose other ports: --ports"),
    ("OutOfMemoryError", "give the brokers more memory: --heap"),
    ("No space left on device", "make room, or choose another folder: --dir"),
    ("InconsistentClusterId", "the data belong to another cluster: headrace cluster stop --delete"),
)


@dataclass(frozen=True, slots=True)
class _Started:
    """A broker whose process was started, and where its log ended before."""

    broker: Broker
    process: Process
    log_position: int


def start_brokers(
    brokers: Sequence[Broker], runtime: JavaRuntime, *, heap_mb: int, cluster_id: str, timeout_s: float | None
) -> None:
    """Starts brokers that are prepared, and waits until each of them answers and knows all of them.

    Args:
        brokers: Which.
        runtime: What runs them.
        heap_mb: Largest heap of each.
        cluster_id: Tells their answers from those of a cluster that took the ports in the meantime.
        timeout_s: How long to wait; None for not at all.

    Raises:
        ClusterError: A broker ended or did not answer in time; with the reason and its last words. All are stopped again.
    """
    started: list[_Started] = []
    try:
        for broker in brokers:
            position = broker.log_position()
            started.append(_Started(broker, broker.spawn(runtime, heap_mb), position))
        if timeout_s is not None:
            _wait(started, cluster_id, timeout_s)
    except BaseException:
        # Also after Ctrl-C. Brokers that have not come up have nothing to lose.
        stop_brokers(brokers, timeout_s=0)
        raise


def _wait(started: Sequence[_Started], cluster_id: str, timeout_s: float) -> None:
    expected = {each.broker.spec.id for each in started}
    silent = list(started)
    deadline = time.monotonic() + timeout_s
    while silent:
        for each in silent:
            code = each.process.exit_code()
            if code is not None or not each.process.is_alive():
                raise _failure(each, f"ended{_code_text(code)} while it started")
        silent = [each for each in silent if not expected <= live_brokers(each.broker.spec.port, cluster_id=cluster_id)]
        if silent and time.monotonic() >= deadline:
            raise _failure(silent[0], f"did not answer within {timeout_s:.0f} s")
        time.sleep(_PAUSE_S if silent else 0)


def _code_text(code: int | None) -> str:
    if code is None:
        return ""
    return f" by signal {-code}" if code < 0 else f" with exit code {code}"


def _failure(each: _Started, what: str) -> ClusterError:
    broker = each.broker
    lines = broker.last_words(since=each.log_position, count=_LINES_SEARCHED)
    reason = reason_of_failure(lines)
    message = f"broker {broker.spec.id} (port {broker.spec.port}) {what}{': ' + reason if reason else ''}"
    told = [f"    {line}" for line in lines[-_LINES_TOLD:]]
    shown = [f"  last lines of {broker.log_file}:", *told] if told else []
    hint = next((hint for sign, hint in _HINTS if any(sign in line for line in lines)), None)
    return ClusterError("\n".join([message, *shown]), hint=hint or f"all of it: headrace cluster logs {broker.spec.id} -n 1000")
