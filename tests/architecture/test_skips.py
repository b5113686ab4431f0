"""Under the environment variable CI nothing is skipped in silence."""

import pytest

from support.source_tree import ROOT

pytest_plugins = ["pytester"]

SKIPPING = """
import pytest

def test_by_itself():
    pytest.skip("there is no Java")

@pytest.mark.skipif(True, reason="there is no javac")
def test_by_a_mark():
    pass

@pytest.fixture
def needed():
    pytest.skip("there is no broker")

def test_by_a_fixture(needed):
    pass

@pytest.mark.xfail
def test_known_to_fail():
    assert False
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text())
    pytester.makepyfile(test_some=SKIPPING, test_module="import pytest\npytest.importorskip('there_is_no_such_module')\n")
    return pytester


def test_what_a_machine_lacks_fails_under_ci_and_is_told(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    ran = project.runpytest_inprocess("-p", "no:cacheprovider", "--continue-on-collection-errors")
    ran.assert_outcomes(failed=1, errors=3, xfailed=1)
    for reason in ("there is no Java", "there is no javac", "there is no broker", "could not import 'there_is_no_such_module'"):
        ran.stdout.fnmatch_lines([f"*nothing may be skipped under CI. *{reason}*"])


def test_elsewhere_it_is_skipped(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    project.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(skipped=4, xfailed=1)
