import pytest

from headrace.app.application import App
from headrace.cli.failures import ApplicationError
from headrace.cli.program import load_program
from headrace.cli.target import find_target
from headrace.core.errors import ConfigurationError
from support.command_line import CommandLine

HEAD = "from headrace import App, StreamsBuilder\n"
BUILD = HEAD + "def build(builder):\n    builder.stream('in').to('out')\n"


def program(text: str, **given):
    return load_program(text, given.get("data"), given.get("app_id"), given.get("options", ()))


def sources(text: str, **given) -> list[str]:
    return [node.topics[0] for node in program(text, **given).topology.nodes.values() if hasattr(node, "topics")]


@pytest.mark.parametrize(
    "code",
    [
        BUILD,
        BUILD + "build_all = build\n",
        HEAD + "builder = StreamsBuilder()\nbuilder.stream('in').to('out')\n",
        HEAD + "b = StreamsBuilder()\nb.stream('in').to('out')\ntopology = b.build()\n",
        HEAD + "def build():\n    b = StreamsBuilder()\n    b.stream('in').to('out')\n    return b\n",
        HEAD + "def build():\n    b = StreamsBuilder()\n    b.stream('in').to('out')\n    return b.build()\n",
        HEAD + "def build(builder, extra=1):\n    builder.stream('in').to('out')\n    return builder.build()\n",
        HEAD + "b = StreamsBuilder()\nb.stream('in').to('out')\napp = App('mine', b.build())\n",
        HEAD + "def build():\n    b = StreamsBuilder()\n    b.stream('in').to('out')\n    return App('mine', b.build())\n",
    ],
)
def test_takes_every_kind_of_program(cli: CommandLine, code):
    cli.file("prog.py", code)

    assert sources("prog.py") == ["in"]


@pytest.mark.parametrize("text", ["prog.py:build", "prog:build", "prog", "./prog.py", "package.inner:build"])
def test_finds_files_and_modules(cli: CommandLine, text):
    cli.file("prog.py", BUILD)
    cli.file("package/__init__.py", "")
    cli.file("package/inner.py", "from .parts import build\n")
    cli.file("package/parts.py", BUILD)

    assert sources(text) == ["in"]


def test_a_file_in_a_package_is_imported_under_its_full_name(cli: CommandLine):
    cli.file("shop/__init__.py", "")
    cli.file("shop/orders.py", "from .parts import make as build\n")
    cli.file("shop/parts.py", BUILD.replace("def build", "def make"))

    assert find_target("shop/orders.py:build").value.__module__ == "shop.parts"


def test_a_file_may_have_the_name_of_a_module_that_is_loaded(cli: CommandLine):
    cli.file("json.py", BUILD)

    assert sources("json.py") == ["in"]


def test_a_folder_has_its_program_in_its_configuration(cli: CommandLine):
    cli.file("shop/headrace.toml", 'program = "main.py:make"\napp_id = "my-shop"\n')
    cli.file("shop/main.py", BUILD.replace("def build", "def make"))

    found = program("shop")

    assert found.config.app_id == "my-shop"
    assert find_target("shop").name == "make"


def test_a_folder_without_configuration_has_an_app_py(cli: CommandLine):
    cli.file("shop/app.py", BUILD)

    assert program("shop").config.app_id == "shop"


def test_a_relative_data_directory_of_a_file_counts_from_that_file(cli: CommandLine):
    cli.file("shop/headrace.toml", 'data_dir = "data"\n')
    cli.file("shop/app.py", BUILD)

    assert program("shop").config.data_dir.resolve() == cli.folder / "shop" / "data"


def test_the_application_id_comes_from_the_file_if_nothing_else_names_it(cli: CommandLine, monkeypatch):
    cli.file("word_count.py", BUILD)

    assert program("word_count.py").config.app_id == "word_count"
    assert program("word_count.py", app_id="x").config.app_id == "x"
    monkeypatch.setenv("HEADRACE_APP_ID", "from-environment")
    assert program("word_count.py").config.app_id == "from-environment"


def test_options_of_the_command_line_go_over_those_of_an_app(cli: CommandLine):
    cli.file("prog.py", HEAD + "b = StreamsBuilder()\nb.stream('in').to('out')\napp = App('mine', b.build(), poll_records=7)\n")

    found = program("prog.py", options=("commit_interval=100ms",))

    assert isinstance(found.app, App)
    assert (found.config.app_id, found.config.commit_interval_ms, found.config.poll_records) == ("mine", 100, 7)
    assert found.config.origin("commit_interval") == "command line"
    assert found.application().config is found.config


def test_a_builder_is_made_with_the_naming_of_the_configuration(cli: CommandLine):
    cli.file("prog.py", BUILD)

    assert next(iter(program("prog.py", options=("naming=kafka-streams",)).topology.nodes)) == "KSTREAM-SOURCE-0000000000"


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("nix.py", "there is no file nix.py", "prog.py"),
        ("nix", "there is no module 'nix'", "prog.py"),
        ("a/b", "neither a folder nor a file a/b", "file.py"),
        ("prog.py:nix", "has no 'nix'", "it has: make"),
        ("prog.py", "has none of app, topology, builder, build", "it has: make"),
        ("prog.py:NUMBER", "is of type int, which is no program", "build(builder)"),
        ("prog.py:Thing", "is the class Thing, which is no program", "build(builder)"),
        ("prog.py:two", "two(a, b) takes 2 parameters", "build(builder)"),
        ("empty", "has no file app.py", "headrace.toml"),
    ],
)
def test_says_what_was_looked_for_and_what_is_there(cli: CommandLine, text, problem, hint):
    cli.file("prog.py", "NUMBER = 1\nclass Thing: ...\ndef make(builder): ...\ndef two(a, b): ...\n")
    (cli.folder / "empty").mkdir()

    with pytest.raises(ConfigurationError) as caught:
        program(text)

    assert problem in caught.value.message
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (
            "import surely_not_installed\n",
            "prog.py failed: ModuleNotFoundError: No module named 'surely_not_installed'",
        ),
        ("1 / 0\n", "importing prog.py failed: ZeroDivisionError: division by zero at "),
        ("def build(builder):\n    builder.strem('in')\n", "build(builder) failed: AttributeError"),
        ("def build(builder):\n    builder.stream('no good')\n", "'no good' is no legal"),
    ],
)
def test_errors_of_the_users_code_are_told_as_such(cli: CommandLine, code, problem):
    cli.file("prog.py", code)

    with pytest.raises(ApplicationError) as caught:
        program("prog.py")

    assert problem in caught.value.message


def test_a_module_whose_import_fails_is_not_reported_as_missing(cli: CommandLine):
    cli.file("package/__init__.py", "import surely_not_installed\n")
    cli.file("package/inner.py", BUILD)

    with pytest.raises(ApplicationError, match="surely_not_installed"):
        program("package.inner")
