import sys

import pytest

from headrace.core.errors import ConfigurationError
from headrace.formats import Avro, JsonSchema, Protobuf
from headrace.formats.extras import required
from headrace.formats.registry import RestRegistry


@pytest.mark.parametrize(
    ("module", "extra", "use"),
    [
        ("fastavro", "avro", lambda: Avro(schema="string")),
        ("google.protobuf.message", "protobuf", lambda: Protobuf(int)),
        ("jsonschema.validators", "jsonschema", lambda: JsonSchema(schema={})),
        ("httpx", "registry", lambda: RestRegistry("http://localhost")),
    ],
)
def test_a_package_that_is_missing_is_told_with_its_extra(monkeypatch, module, extra, use):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match="is not installed") as missing:
        use()
    assert f"headrace[{extra}]" in str(missing.value)


def test_an_error_within_a_package_is_not_taken_for_a_missing_one(monkeypatch, tmp_path):
    (tmp_path / "half_there.py").write_text("import something_that_is_not_there")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportError, match="something_that_is_not_there"):
        required("half_there", "half")
