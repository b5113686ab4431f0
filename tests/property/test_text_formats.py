from dataclasses import make_dataclass
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from headrace.formats import Delimited, JsonSchema
from headrace.formats.json_schema import _check_of
from headrace.formats.registry import PLAIN
from headrace.formats.schema.json_compatibility import narrowed_parts
from support.random_types import SCALARS, TEXT, Typed, json_objects, record_of, with_values

COLUMNS = [typed for typed in SCALARS if typed.of is not bytes]


def _rows() -> st.SearchStrategy[Typed]:
    return st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=5).map(
        lambda row: record_of([(each, False) for each in row])
    )


@settings(max_examples=60, deadline=None)
@given(with_values(_rows()), st.sampled_from([",", ";", "\t", "|"]))
def test_lines_come_back_equal(typed: tuple[Any, Any], delimiter: str):
    of, value = typed
    form = Delimited(of, delimiter=delimiter)
    assert form.decoder("t", is_key=False)(form.encoder("t", is_key=False)(value)) == value


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=4))
@example(["\r0"])
@example(["\r"])
@example(["\n", "\0"])
def test_columns_of_any_text_come_back_equal(texts: list[str]):
    row = make_dataclass("Row", [(f"c{number}", str) for number in range(len(texts))])(*texts)
    form = Delimited(type(row))
    assert form.decoder("t", is_key=False)(form.encoder("t", is_key=False)(row)) == row


@settings(max_examples=60, deadline=None)
@given(with_values(json_objects()))
def test_json_comes_back_equal_and_keeps_to_its_schema(typed: tuple[Any, Any]):
    of, value = typed
    form = JsonSchema(of, PLAIN)
    data = form.encoder("t", is_key=False)(value)
    assert form.decoder("t", is_key=False)(data) == value
    _check_of(form.schema)(msgspec.json.decode(data))
    assert narrowed_parts(form.schema, form.schema) == []
