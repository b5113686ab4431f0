"""What an application shows of itself: metrics, log events and the progress line."""

from headrace.observe.events import Event, configure_logging, event_logger
from headrace.observe.metrics import Counter, Gauge, Histogram, HistogramValue, Metrics, Sample
from headrace.observe.progress import Progress, progress_line

__all__ = [
    "Counter",
    "Event",
    "Gauge",
    "Histogram",
    "HistogramValue",
    "Metrics",
    "Progress",
    "Sample",
    "configure_logging",
    "event_logger",
    "progress_line",
]
