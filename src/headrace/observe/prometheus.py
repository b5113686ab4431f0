"""All series as Prometheus reads them (text format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from headrace.observe.catalogue import CATALOGUE
from headrace.observe.metrics import HistogramValue, Labels, Sample, written_labels

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(samples: Iterable[Sample], own: Labels = ()) -> str:
    """The text for a scrape.

    Args:
        samples: Sorted by name, as `Metrics.snapshot()` gives them.
        own: Labels that every series gets, such as the application id.
    """
    return "".join(line + "\n" for line in _lines(samples, own))


def _lines(samples: Iterable[Sample], own: Labels) -> Iterator[str]:
    for name, of in groupby(samples, key=lambda sample: sample.name):
        declaration, series = CATALOGUE.get(name), list(of)
        if declaration is not None:
            yield f"# HELP {name} {declaration.doc}"
            yield f"# TYPE {name} {declaration.kind.value}"
        for sample in series:
            labels = (*own, *sample.labels)
            if isinstance(sample.value, HistogramValue):
                yield from _histogram(name, labels, sample.value)
            else:
                yield f"{name}{written_labels(labels)} {_number(sample.value)}"


def _histogram(name: str, labels: Labels, value: HistogramValue) -> Iterator[str]:
    for bound, seen in value.buckets:
        yield f"{name}_bucket{written_labels((*labels, ('le', _number(bound))))} {seen}"
    yield f"{name}_sum{written_labels(labels)} {_number(value.sum)}"
    yield f"{name}_count{written_labels(labels)} {value.count}"


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(value)
