"""Metrics of one process on their way into those of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from headrace.observe.metrics import Counter, Gauge, Histogram, Labels, Metrics

Series = tuple[str, Labels]
"""Name and labels of a series."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What has changed since the last time.

    Attributes:
        counters: By how much they have grown.
        histograms: By how much the counts of their buckets have grown, and the sum.
        gauges: All of them, as they are now.
    """

    counters: Mapping[Series, float] = field(default_factory=dict)
    histograms: Mapping[Series, tuple[Sequence[int], float]] = field(default_factory=dict)
    gauges: Mapping[Series, float] = field(default_factory=dict)


class GrowthOf:
    """Follows the metrics of this process."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._counters: dict[Series, float] = {}
        self._histograms: dict[Series, tuple[tuple[int, ...], float]] = {}

    def take(self, *, gauges: bool = True) -> Growth:
        """What has changed since the last call; gauges can be left out, since what they ask may be closed."""
        counters: dict[Series, float] = {}
        histograms: dict[Series, tuple[Sequence[int], float]] = {}
        now: dict[Series, float] = {}
        for name, labels, series in self._metrics.series():
            key = (name, labels)
            if isinstance(series, Counter):
                value, before = series.value, self._counters.get(key, 0)
                # A series that was forgotten and made anew begins at zero again.
                if value != before:
                    counters[key] = value - before if value > before else value
                    self._counters[key] = value
            elif isinstance(series, Gauge):
                if gauges:
                    now[key] = series.value
            else:
                self._grown(key, series, histograms)
        return Growth(counters, histograms, now)

    def _grown(self, key: Series, series: Histogram, histograms: dict[Series, tuple[Sequence[int], float]]) -> None:
        counts, total = series.counts, series.sum
        before, total_before = self._histograms.get(key, ((0,) * len(counts), 0.0))
        if counts == before:
            return
        self._histograms[key] = (counts, total)
        if any(now < then for now, then in zip(counts, before, strict=True)):
            histograms[key] = (counts, total)
        else:
            histograms[key] = ([now - then for now, then in zip(counts, before, strict=True)], total - total_before)


class Gathered:
    """Adds up the metrics of several processes: counters and histograms over all their lives, gauges of those that live."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._gauges: dict[int, Mapping[Series, float]] = {}
        self._known: set[Series] = set()

    def take(self, process: int, growth: Growth) -> None:
        """Takes in what one process tells."""
        for (name, labels), amount in growth.counters.items():
            self._metrics.counter(name, **dict(labels)).add(amount)
        for (name, labels), (counts, total) in growth.histograms.items():
            self._metrics.histogram(name, **dict(labels)).merge(counts, total)
        self._gauges[process] = growth.gauges
        self._show()

    def forget(self, process: int) -> None:
        """A process has ended: its gauges say nothing any more."""
        if self._gauges.pop(process, None):
            self._show()

    def _show(self) -> None:
        sums: dict[Series, float] = defaultdict(float)
        for gauges in self._gauges.values():
            for series, value in gauges.items():
                sums[series] += value
        self._known.update(sums)
        for name, labels in self._known:
            self._metrics.gauge(name, **dict(labels)).set(sums.get((name, labels), 0))
