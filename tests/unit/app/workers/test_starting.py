import sys
from pathlib import Path

import pytest

from headrace import App
from headrace.core.errors import ConfigurationError
from headrace.log.memory import MemoryLog
from support.running import counting


def test_a_log_of_this_process_cannot_be_shared(log: MemoryLog, tmp_path: Path):
    app = App("app", counting(), log=log, data_dir=tmp_path, workers=2)
    with pytest.raises(ConfigurationError, match="belongs to this process") as error:
        app.run()
    assert "data_dir or bootstrap" in str(error.value.hint)


def test_workers_do_not_run_beside_a_program(tmp_path: Path):
    app = App("app", counting(), data_dir=tmp_path, workers=2)
    with pytest.raises(ConfigurationError, match=r"App\.start\(\) runs beside the program") as error:
        app.start()
    assert "App.run()" in str(error.value.hint)


@pytest.mark.parametrize("command", [["python"], ["python", "-"]])
def test_a_prompt_has_no_command_line_for_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]):
    monkeypatch.setattr(sys, "orig_argv", command)
    app = App("app", counting(), data_dir=tmp_path, workers=2)
    with pytest.raises(ConfigurationError, match="a notebook or prompt has none"):
        app.run()
