import pytest

from support.command_line import CommandLine


def test_makes_a_project_with_its_name_filled_in(cli: CommandLine):
    cli.ok("new", "shop")

    texts = {path.name: path.read_text() for path in (cli.folder / "shop").rglob("*") if path.is_file()}
    assert set(texts) == {".gitignore", "README.md", "app.py", "headrace.toml", "pyproject.toml", "test_app.py"}
    assert 'app_id = "shop"' in texts["headrace.toml"]
    assert not [name for name, text in texts.items() if "{{" in text]


@pytest.mark.parametrize("name", ["two words", "a:b"])
def test_refuses_a_name_that_no_application_can_have(cli: CommandLine, name):
    assert cli("new", name).code == 2


def test_leaves_a_folder_alone_that_is_not_empty(cli: CommandLine):
    cli.file("shop/mine.txt", "mine")

    outcome = cli("new", "shop")

    assert outcome.code == 1
    assert "shop exists already and is not empty" in outcome.err
    assert [path.name for path in (cli.folder / "shop").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("installed, next_step", [(True, "\n  pytest\n"), (False, "\n  pip install pytest && pytest\n")])
def test_says_how_to_get_pytest_where_it_is_missing(cli: CommandLine, monkeypatch, installed, next_step):
    monkeypatch.setattr("headrace.cli.new.find_spec", lambda name: object() if installed else None)

    assert next_step in cli.ok("new", "shop").err
    assert "pip install headrace" not in (cli.folder / "shop" / "README.md").read_text()
