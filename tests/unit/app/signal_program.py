"""An application that waits for signals. usage: signal_program.py DATA; prints `running` once it runs, and how it ended."""

import sys
from pathlib import Path

from headrace import App, AppState, Materialized, StreamsBuilder

if __name__ == "__main__":
    builder = StreamsBuilder()
    builder.stream("in").group_by_key().count(Materialized("n"))
    app = App("signals", builder.build(), data_dir=Path(sys.argv[1]), commit_interval="1h")
    app.on_state(lambda new, old: print("running", flush=True) if new is AppState.RUNNING else None)
    app.run()
    print(app.state.name, flush=True)
