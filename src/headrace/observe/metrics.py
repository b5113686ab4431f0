"""Counters, gauges and histograms with labels.

A series is looked up once, when a task starts, and then is a plain object: the hot path adds to an attribute. One series is
written by one thread (that of its task); any thread may read.
"""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

from headrace.core.errors import ConfigurationError
from headrace.observe.catalogue import CATALOGUE, LATENCY_BOUNDS, Declaration, Kind

Labels = tuple[tuple[str, str], ...]
"""Label names and values, sorted by name."""

MAX_SERIES = 2_000
"""Bound of series per metric: a label with endless values (a user id) must not eat the memory."""

_OVERFLOW = "_other"


class Counter:
    """A number that only grows. `counter.value += 1` is the fastest way to count."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float = 0

    def add(self, amount: float = 1) -> None:
        """Counts; a method where a callable is wanted."""
        self.value += amount


class Gauge:
    """A number as it is now: set, or asked for when somebody looks."""

    __slots__ = ("_read", "_value")

    def __init__(self) -> None:
        self._value: float = 0
        self._read: Callable[[], float] | None = None

    @property
    def value(self) -> float:
        """The number now."""
        return self._value if self._read is None else self._read()

    def set(self, value: float) -> None:
        """Sets it."""
        self._value = value

    def read_from(self, read: Callable[[], float]) -> None:
        """From now on the number is what the function returns; it is called from the thread that looks."""
        self._read = read


@dataclass(frozen=True, slots=True)
class HistogramValue:
    """What a histogram has seen.

    Attributes:
        buckets: (upper bound, how many were at or below it); the last bound is infinity.
    """

    count: int
    sum: float
    buckets: tuple[tuple[float, int], ...]

    def quantile(self, share: float) -> float:
        """About the value below which a share (0 to 1) lies: a bucket's upper bound; 0 if nothing was seen."""
        for bound, seen in self.buckets:
            if seen >= share * self.count:
                return bound if self.count else 0.0
        return 0.0


class Histogram:
    """How values are spread, in fixed buckets."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: tuple[float, ...] = LATENCY_BOUNDS) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def record(self, value: float) -> None:
        """Takes one value in, in the metric's unit (seconds for `_seconds`)."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def merge(self, counts: Sequence[int], total: float) -> None:
        """Takes in what another histogram of the same bounds has recorded: how many per bucket, and their sum."""
        for bucket, count in enumerate(counts):
            self._counts[bucket] += count
        self._sum += total

    @property
    def counts(self) -> tuple[int, ...]:
        """How many fell into each bucket; the last has no bound."""
        return tuple(self._counts)

    @property
    def sum(self) -> float:
        """The sum of all values."""
        return self._sum

    @property
    def value(self) -> HistogramValue:
        """All that was recorded."""
        seen, buckets = 0, []
        for bound, count in zip((*self._bounds, float("inf")), tuple(self._counts), strict=True):
            seen += count
            buckets.append((bound, seen))
        return HistogramValue(seen, self._sum, tuple(buckets))


@dataclass(frozen=True, slots=True)
class Sample:
    """One series at one moment."""

    name: str
    labels: Labels
    value: float | HistogramValue


def written_labels(labels: Labels) -> str:
    """Labels as Prometheus writes them: `{reason="late",task="0_0"}`; nothing for none."""
    return f"{{{','.join(f'{name}={_quoted(value)}' for name, value in labels)}}}" if labels else ""


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


Instrument = Counter | Gauge | Histogram
_I = TypeVar("_I", Counter, Gauge, Histogram)


class Metrics:
    """All series of a process.

    Names of Headrace's own metrics (`headrace_...`) and their labels are declared in the catalogue; users add metrics under
    any other name. The same name and labels give the same object each time.

    Args:
        max_series: Bound of series per metric. What comes after shares one series with the label values `_other`, and is
            counted in `headrace_metric_series_refused_total`.
    """

    def __init__(self, max_series: int = MAX_SERIES) -> None:
        self._series: dict[str, dict[Labels, Instrument]] = {}
        self._max_series = max_series
        self._lock = Lock()

    def counter(self, name: str, **labels: object) -> Counter:
        """The counter with these labels. Raises ConfigurationError on an undeclared name or label."""
        return self._get(Counter, Kind.COUNTER, name, labels)

    def gauge(self, name: str, **labels: object) -> Gauge:
        """The gauge with these labels. Raises ConfigurationError on an undeclared name or label."""
        return self._get(Gauge, Kind.GAUGE, name, labels)

    def histogram(self, name: str, **labels: object) -> Histogram:
        """The histogram with these labels. Raises ConfigurationError on an undeclared name or label."""
        return self._get(Histogram, Kind.HISTOGRAM, name, labels)

    def series(self) -> list[tuple[str, Labels, Instrument]]:
        """All series themselves, by name and labels."""
        with self._lock:
            found = [(name, labels, series) for name, of in self._series.items() for labels, series in of.items()]
        found.sort(key=lambda entry: entry[:2])
        return found

    def snapshot(self) -> tuple[Sample, ...]:
        """All series now, by name and labels."""
        return tuple(Sample(name, labels, series.value) for name, labels, series in self.series())

    def values(self) -> dict[str, float]:
        """All series now as plain numbers, by name and labels as Prometheus writes them; of a histogram count and sum.

        >>> metrics = Metrics()
        >>> metrics.counter("headrace_commits_total", worker="0").add(2)
        >>> metrics.values()
        {'headrace_commits_total{worker="0"}': 2}
        """
        found: dict[str, float] = {}
        for sample in self.snapshot():
            labels = written_labels(sample.labels)
            if isinstance(sample.value, HistogramValue):
                found[f"{sample.name}_count{labels}"] = sample.value.count
                found[f"{sample.name}_sum{labels}"] = sample.value.sum
            else:
                found[sample.name + labels] = sample.value
        return found

    def total(self, name: str, **labels: object) -> float:
        """Sum over the series of a counter or gauge that have (at least) these labels; 0 if there is none yet.

        Raises:
            ConfigurationError: A name or label of Headrace's own that is not declared.
        """
        declaration = CATALOGUE.get(name)
        _checked(name, Kind.COUNTER if declaration is None else declaration.kind, labels)
        wanted = _normalised(labels)
        with self._lock:
            of = self._series.get(name, {})
            if declaration is not None and len(wanted) == len(declaration.labels):  # with all labels there is one at most
                found = [of[wanted]] if wanted in of else []
            else:
                found = [series for own, series in of.items() if set(wanted) <= set(own)]
        return sum(series.value for series in found if not isinstance(series, Histogram))

    def forget(self, **labels: object) -> None:
        """Removes all series with (at least) these labels, e.g. those of a task that has moved away."""
        wanted = set(_normalised(labels))
        with self._lock:
            for series in self._series.values():
                for own in [own for own in series if wanted <= set(own)]:
                    del series[own]

    def _get(self, cls: type[_I], kind: Kind, name: str, labels: Mapping[str, object]) -> _I:
        declaration = _checked(name, kind, labels)
        own = _normalised(labels)
        with self._lock:
            series = self._series.setdefault(name, {})
            if own not in series and len(series) >= self._max_series:
                own = tuple((label, _OVERFLOW) for label, _ in own)
                self._count_refused(name)
            found = series.get(own)
            if found is None:
                found = series[own] = Histogram(declaration.bounds) if declaration and declaration.bounds else cls()
        if not isinstance(found, cls):
            message = f"metric {name!r} is a {type(found).__name__.lower()} already, not a {kind.value}"
            raise ConfigurationError(message)
        return found

    def _count_refused(self, name: str) -> None:
        refused = self._series.setdefault("headrace_metric_series_refused_total", {})
        counter = refused.setdefault((("metric", name),), Counter())
        if isinstance(counter, Counter):
            counter.value += 1


def _normalised(labels: Mapping[str, object]) -> Labels:
    return tuple(sorted((label, str(value)) for label, value in labels.items()))


def _checked(name: str, kind: Kind, labels: Mapping[str, object]) -> Declaration | None:
    declaration = CATALOGUE.get(name)
    if declaration is None:
        if not name.startswith("headrace_"):
            return None
        near = difflib.get_close_matches(name, CATALOGUE, n=1)
        message = f"there is no metric {name!r}"
        hint = f"did you mean {near[0]!r}?" if near else "names that begin with headrace_ are declared in observe/catalogue.py"
        raise ConfigurationError(message, hint=hint)
    unknown = sorted(set(labels) - set(declaration.labels))
    if declaration.kind is not kind or unknown:
        what = f"has no label {unknown[0]!r}" if unknown else f"is a {declaration.kind.value}, not a {kind.value}"
        message = f"metric {name!r} {what}"
        raise ConfigurationError(message, hint=f"its labels are {', '.join(declaration.labels)}")
    return declaration
