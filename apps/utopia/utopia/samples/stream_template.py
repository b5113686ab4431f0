"""A template for a program of your own: copy it, rename the output, and put your steps between source and sink.

headrace run utopia.samples.stream_template --until-end
"""

from __future__ import annotations

from headrace import Consumed, Produced, StreamsBuilder
from utopia.entities import CUSTOMERS, Customer

OUTPUT = "kafka-workshop-my-output"


def build(builder: StreamsBuilder, suffix: str = "") -> None:
    """Customers, as they come."""
    builder.stream(CUSTOMERS, Consumed(value=Customer)).to(OUTPUT + suffix, Produced(value=Customer))
