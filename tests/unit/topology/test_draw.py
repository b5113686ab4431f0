"""Drawings show everything that a description shows."""

import re
from xml.etree import ElementTree

from headrace.core.windows import JoinWindows
from headrace.dsl import Materialized, StreamsBuilder
from headrace.topology.draw_mermaid import draw_mermaid
from headrace.topology.draw_svg import draw_svg
from headrace.topology.physical import Topology

SVG = "{http://www.w3.org/2000/svg}"


def program() -> Topology:
    builder = StreamsBuilder()
    clicks, pages = builder.stream("clicks"), builder.global_table("pages")
    counts = clicks.group_by(lambda user, click: click["page"]).count(Materialized("per-page"))
    counts.to_stream().to("totals")
    joined = clicks.join(builder.stream("views"), lambda click, view: view, JoinWindows.within("5m", grace="1s"))
    joined.left_join(pages, lambda view, page: page, key=lambda user, view: user).to("odd")
    return builder.build()


def words(svg: str) -> str:
    return "".join(text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text"))


def test_svg_shows_every_node_topic_and_store():
    topology = program()
    shown = words(draw_svg(topology))
    assert all(name in shown for name in topology.nodes)
    assert all(name in shown for name in topology.stores)
    assert all(topic in shown for topic in ("clicks", "views", "totals", "per-page-repartition", "pages"))
    assert "Sub-topology 0" in shown
    assert "Global store" in shown


def test_svg_has_all_it_draws_inside_its_frame():
    root = ElementTree.fromstring(draw_svg(program()))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for rect in root.findall(f"{SVG}rect")[1:]:
        x, y = float(rect.attrib["x"]), float(rect.attrib["y"])
        assert 0 <= x <= x + float(rect.attrib["width"]) <= width
        assert 0 <= y <= y + float(rect.attrib["height"]) <= height


def test_svg_breaks_long_names_into_lines_that_fit():
    builder = StreamsBuilder()
    builder.stream("a-topic-with-a-name-that-is-much-longer-than-others").to("x" * 100)
    texts = [text.text or "" for text in ElementTree.fromstring(draw_svg(builder.build())).iter(f"{SVG}text")]
    assert max(len(text) for text in texts) <= 28
    assert "x" * 100 in "".join(texts)


def test_svg_draws_a_topic_that_a_program_reads_and_writes():
    builder = StreamsBuilder()
    builder.stream("loop").filter(lambda key, value: True).to("loop")
    assert words(draw_svg(builder.build())).count("looploop-filter") == 1


def test_svg_of_an_empty_program_is_a_sheet():
    assert ElementTree.fromstring(draw_svg(StreamsBuilder().build())).tag == f"{SVG}svg"


def test_mermaid_shows_every_node_topic_and_store():
    topology = program()
    text = draw_mermaid(topology)
    assert text.startswith("flowchart TD\n")
    assert all(f'"{name}"' in text for name in (*topology.nodes, *topology.stores, "clicks", "per-page-repartition"))


def test_mermaid_escapes_what_would_end_a_label():
    builder = StreamsBuilder()
    builder.stream(re.compile('cl"icks<.*'))
    assert "/cl&quot;icks&lt;.*/" in draw_mermaid(builder.build())
