from support.command_line import CommandLine

COUNT = """
from headrace import Consumed, StreamsBuilder

def build(builder):
    builder.stream("in", Consumed(value=str)).group_by_key().count(name="counts").to_stream().to("out")
"""


def test_describes_a_program_without_a_log(cli: CommandLine):
    cli.file("prog.py", COUNT)

    said = cli.ok("topology", "describe", "prog.py").out

    assert "Source: in (topics: [in])" in said
    assert "Processor: counts (stores: [counts])" in said
    assert not (cli.folder / ".headrace").exists()


def test_describes_it_as_json(cli: CommandLine):
    cli.file("prog.py", COUNT)

    (part,) = cli.ok("topology", "describe", "prog.py", "--json").json["subtopologies"]

    kinds = {node["name"]: node["kind"] for node in part["nodes"]}
    assert kinds["in"] == "source"
    assert kinds["counts"] == "processor"
    assert [node["topic"] for node in part["nodes"] if node["kind"] == "sink"] == ["out"]
    assert part["stores"] == ["counts"]


def test_draws_a_program(cli: CommandLine):
    cli.file("prog.py", COUNT)

    assert cli.ok("topology", "draw", "prog.py", "-f", "prog.svg").out == ""

    drawing = (cli.folder / "prog.svg").read_text()
    assert drawing.startswith("<svg")
    assert "counts" in drawing
    assert cli.ok("topology", "draw", "prog.py").out == drawing


def test_draws_it_as_mermaid(cli: CommandLine):
    cli.file("prog.py", COUNT)

    drawing = cli.ok("topology", "draw", "prog.py", "--mermaid").out

    assert drawing.startswith("flowchart")
    assert "counts" in drawing
    cli.ok("topology", "draw", "prog.py", "--output", "prog.mmd")
    assert (cli.folder / "prog.mmd").read_text() == drawing


def test_options_shape_the_drawing(cli: CommandLine):
    cli.file("prog.py", COUNT.replace('name="counts"', ""))

    refused = cli("topology", "draw", "prog.py", "-o", "strict_names=true")

    assert refused.code == 3
    assert "name" in refused.err
    assert not [path for path in cli.folder.iterdir() if "strict" in path.name]
