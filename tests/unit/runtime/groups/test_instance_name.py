"""Names of instances."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace.core.errors import StateError
from headrace.runtime.groups.instance_name import instance_name


def test_a_name_is_taken_up_again_after_its_process_has_ended(tmp_path: Path) -> None:
    with instance_name(tmp_path) as first:
        pass
    with instance_name(tmp_path) as second:
        assert second == first


def test_instances_that_share_a_directory_have_names_of_their_own(tmp_path: Path) -> None:
    with instance_name(tmp_path) as first, instance_name(tmp_path) as second:
        assert first != second
    with instance_name(tmp_path) as one, instance_name(tmp_path) as other:
        assert {one, other} == {first, second}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "instances").write_text("")
    with pytest.raises(StateError, match="cannot keep the name of this instance"), instance_name(tmp_path):
        pass
