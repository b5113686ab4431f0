from datetime import timedelta
from pathlib import Path

import pytest

from headrace.config import resolve
from headrace.core.errors import ConfigurationError


@pytest.fixture
def directory(tmp_path):
    return tmp_path


def write(directory: Path, text: str, name: str = "headrace.toml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def test_call_beats_environment_beats_file_beats_default(directory):
    path = write(directory, 'app_id = "file"\ncommit_interval = "4s"\npoll_records = 10\n')
    config = resolve(
        {"app_id": "call"},
        environment={"HEADRACE_APP_ID": "env", "HEADRACE_COMMIT_INTERVAL": "3s"},
        directory=directory,
    )
    assert (config.app_id, config.commit_interval_ms, config.poll_records, config.engine) == ("call", 3000, 10, "rocksdb")
    assert config.origin("app_id") == "call"
    assert config.origin("commit_interval") == config.origin("commit.interval.ms") == "environment HEADRACE_COMMIT_INTERVAL"
    assert config.origin("poll_records") == f"file {path}"
    assert config.origin("engine") == "default"


def test_origin_of_an_unknown_name_is_an_error(directory):
    with pytest.raises(ConfigurationError, match="no option 'colour'"):
        resolve({"app_id": "a"}, environment={}, directory=directory).origin("colour")


def test_durations_and_sizes_are_read_in_every_form(directory):
    call = {"app_id": "a", "commit_interval": timedelta(seconds=2), "task_timeout": 10, "memory_limit": "1GB"}
    config = resolve(call, environment={"HEADRACE_MAX_TASK_IDLE": "-1"}, directory=directory)
    assert (config.commit_interval_ms, config.task_timeout_ms, config.memory_limit_bytes) == (2000, 10, 10**9)
    assert config.max_task_idle_ms == -1


def test_none_in_the_call_and_empty_in_the_environment_mean_not_given(directory):
    config = resolve({"app_id": "a", "engine": None}, environment={"HEADRACE_ENGINE": ""}, directory=directory)
    assert config.engine == "rocksdb"


def test_names_of_kafka_streams_work_everywhere(directory):
    write(directory, 'application.id = "a"\n"processing.guarantee" = "at_least_once"\n[topology]\noptimization = "all"\n')
    config = resolve({"commit.interval.ms": 100}, environment={}, directory=directory)
    assert (config.app_id, config.guarantee, config.commit_interval_ms) == ("a", "at_least_once", 100)
    assert len(config.optimize) == 3


def test_reads_the_table_of_pyproject_where_there_is_no_headrace_toml(directory):
    write(directory, '[project]\nname = "x"\n[tool.headrace]\napp_id = "py"\n', "pyproject.toml")
    assert resolve(environment={}, directory=directory).app_id == "py"
    write(directory, 'app_id = "own"\n')
    assert resolve(environment={}, directory=directory).app_id == "own"


def test_a_file_can_be_named_by_argument_or_variable(directory):
    write(directory, 'app_id = "found"\n')
    named = write(directory, 'app_id = "named"\n', "other.toml")
    assert resolve(environment={"HEADRACE_CONFIG": str(named)}, directory=directory).app_id == "named"
    assert resolve(environment={}, directory=directory, file=named).app_id == "named"


def test_client_settings_pass_through_under_their_names(directory):
    write(directory, 'app_id = "a"\n[kafka]\n"security.protocol" = "SSL"\nsocket.keepalive.enable = true\nlinger.ms = 20\n')
    config = resolve(
        {"kafka": {"linger.ms": 5}},
        environment={"HEADRACE_KAFKA_SASL_USERNAME": "ann"},
        directory=directory,
    )
    assert dict(config.kafka) == {
        "security.protocol": "SSL",
        "socket.keepalive.enable": "true",
        "linger.ms": "5",
        "sasl.username": "ann",
    }
    assert config.origin("kafka.linger.ms") == "call"


@pytest.mark.parametrize(
    ("call", "environment", "text", "message"),
    [
        ({"comit_interval": "1s"}, {}, "", r"unknown option 'comit_interval' \(call\)\n  hint: did you mean 'commit_interval'"),
        ({}, {}, 'engin = "memory"', r"unknown option 'engin' \(file .*\)\n  hint: did you mean 'engine'"),
        ({}, {}, "zzz = 1", "unknown option 'zzz'.*\n  hint: `headrace config TARGET` lists all options"),
        ({"ssl.key.location": "x"}, {}, "", "hint: settings of Kafka's clients go into the table 'kafka'"),
        ({}, {"HEADRACE_COMIT_INTERVAL": "1s"}, "", "HEADRACE_COMIT_INTERVAL\n  hint: did you mean HEADRACE_COMMIT_INTERVAL"),
        (
            {},
            {"HEADRACE_ENGINE": "rocks"},
            "",
            r"option engine \(environment HEADRACE_ENGINE\): expected 'rocksdb' or 'memory'",
        ),
        ({}, {}, 'commit_interval = "soon"', r"option commit_interval \(file .*\): 'soon' is no duration"),
        ({"commit_interval": 1, "commit.interval.ms": 2}, {}, "", "commit_interval is given twice .*as commit.interval.ms"),
        (
            {"kafka": {"group.id": "g"}},
            {},
            "",
            "setting group.id .* belongs to Headrace\n  hint: the group is the option app_id",
        ),
        ({"kafka": {"debug": ["a"]}}, {}, "", "setting debug .* is no text or number"),
        ({}, {}, "app_id = ", "cannot read the configuration file"),
    ],
)
def test_errors_say_what_where_and_the_mend(directory, call, environment, text, message):
    write(directory, text)
    with pytest.raises(ConfigurationError, match=message):
        resolve({"app_id": "a", **call}, environment=environment, directory=directory)


def test_a_named_file_that_is_not_there_is_an_error(directory):
    with pytest.raises(ConfigurationError, match=r"cannot read the configuration file .*gone.toml"):
        resolve({"app_id": "a"}, environment={}, directory=directory, file=directory / "gone.toml")


def test_the_application_id_must_be_given_and_legal(directory):
    with pytest.raises(ConfigurationError, match=r"option app_id is not set\n  hint: give it .* HEADRACE_APP_ID"):
        resolve(environment={}, directory=directory)
    with pytest.raises(ConfigurationError, match=r"option app_id \(call\): 'my app' is not a name"):
        resolve({"app_id": "my app"}, environment={}, directory=directory)


def test_variables_of_services_with_that_name_are_left_alone(directory):
    environment = {"HEADRACE_SERVICE_HOST": "10.0.0.1", "HEADRACE_PORT_8080_TCP": "tcp://10.0.0.1:8080"}
    assert resolve({"app_id": "a"}, environment=environment, directory=directory).app_id == "a"


@pytest.mark.parametrize("prefix", ["consumer", "main.consumer", "restore.consumer"])
def test_a_client_setting_that_belongs_to_headrace_is_refused_under_a_prefix_too(directory, prefix):
    with pytest.raises(ConfigurationError, match=rf"{prefix}\.group\.id .* belongs to Headrace"):
        resolve({"app_id": "a", "kafka": {f"{prefix}.group.id": "b"}}, environment={}, directory=directory)
    config = resolve({"app_id": "a", "kafka": {"producer.linger.ms": 5}}, environment={}, directory=directory)
    assert config.kafka == {"producer.linger.ms": "5"}


@pytest.mark.parametrize(
    "name, hint",
    [
        ("num.stream.threads", "processes share the work here: set the option workers"),
        ("default.key.serde", "formats belong to the program"),
    ],
)
def test_an_option_of_kafka_streams_without_equal_is_told_what_to_do_instead(directory, name, hint):
    with pytest.raises(ConfigurationError, match=f"unknown option '{name}' \\(command line\\)\n  hint: {hint}"):
        resolve({"app_id": "x", name: "4"}, environment={}, directory=directory, call_origin="command line")
