import pytest

from headrace.core.errors import DecodeError, EncodeError
from headrace.core.records import Change
from headrace.formats import String
from headrace.formats.change import ChangedFormat

ENCODE = ChangedFormat(String()).encoder("t", is_key=False)
DECODE = ChangedFormat(String()).decoder("t", is_key=False)
LONG = "x" * 100


@pytest.mark.parametrize(
    ("change", "data"),
    [
        (Change("A"), "4101"),
        (Change("B", "A"), "02424102"),
        (Change(None, "B"), "4200"),
        (Change(""), "01"),
        (Change("", ""), "0002"),
        (Change(LONG, "A"), "c801" + "78" * 100 + "4102"),
    ],
)
def test_writes_and_reads_the_bytes_recorded_from_a_table_repartition_topic(change, data):
    assert ENCODE(change).hex() == data
    assert DECODE(bytes.fromhex(data)) == change


@pytest.mark.parametrize(
    ("data", "change"),
    [
        ("410003", Change(None, "A", is_latest=False)),
        ("410104", Change("A", None, is_latest=True)),
        ("0242410005", Change("B", "A", is_latest=False)),
    ],
)
def test_reads_changes_of_versioned_tables(data, change):
    assert DECODE(bytes.fromhex(data)) == change


def test_a_change_of_nothing_cannot_be_written():
    with pytest.raises(EncodeError, match="without old and new value"):
        ENCODE(Change(None, None))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "has no bytes"),
        ("4109", "unknown flag 9"),
        ("410703", "'is latest'"),
        ("03", "'is latest'"),
        ("08424102", "has 4 bytes, but only 2 follow"),
        ("01424102", "has -1 bytes"),
        ("ffffffffff02", "has no end"),
    ],
)
def test_refuses_bytes_that_are_no_change(data, message):
    with pytest.raises(DecodeError, match=message):
        DECODE(bytes.fromhex(data))


def test_equal_by_inner_format():
    assert ChangedFormat(String()) == ChangedFormat(String())
    assert hash(ChangedFormat(String())) == hash(ChangedFormat(String()))
    assert not ChangedFormat(String()).exact
