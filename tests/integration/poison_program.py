"""A program that one record kills outright: no exception, no clean-up. usage: poison_program.py DATA POLICY"""

import os
import signal
import sys
from pathlib import Path

from headrace import App, Consumed, HeadraceError, Produced, StreamsBuilder, Topology


def die_on_poison(value: str) -> str:
    if value == "poison":
        os.kill(os.getpid(), signal.SIGKILL)
    return value.upper()


def build() -> Topology:
    builder = StreamsBuilder()
    builder.stream("in", Consumed(value=str)).map_values(die_on_poison).to("out", Produced(value=str))
    return builder.build()


if __name__ == "__main__":
    data, policy = Path(sys.argv[1]), sys.argv[2]
    try:
        App("poison", build(), data_dir=data, on_process_error=policy, dlq_topic="dead").run(until_end=True)
    except HeadraceError as error:
        print(error)
        sys.exit(3)
