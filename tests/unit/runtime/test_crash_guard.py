from pathlib import Path

from headrace import TopicPartition
from headrace.runtime.crash_guard import CrashGuard, Mode, Suspect

P = TopicPartition("in", 0)


def life(directory: Path, offset: int = 5, *, touching: int | None = None, limit: int = 2) -> CrashGuard:
    """A life that begins at an offset and dies, on a record if one is given."""
    guard = CrashGuard(directory, limit)
    guard.begin({P: offset})
    if touching is not None:
        guard.touch(P, touching)
    return guard


def test_a_life_is_careful_after_so_many_deaths_without_progress(tmp_path: Path) -> None:
    assert [life(tmp_path).mode for _ in range(4)] == [Mode.NORMAL, Mode.NORMAL, Mode.CAREFUL, Mode.CAREFUL]


def test_progress_forgives_deaths(tmp_path: Path) -> None:
    life(tmp_path, 5)
    life(tmp_path, 5)
    assert life(tmp_path, 6).mode is Mode.NORMAL
    assert life(tmp_path, 6).mode is Mode.NORMAL
    assert life(tmp_path, 6).mode is Mode.CAREFUL


def test_an_orderly_end_forgives_deaths(tmp_path: Path) -> None:
    life(tmp_path)
    life(tmp_path).end()
    assert [life(tmp_path).mode for _ in range(2)] == [Mode.NORMAL, Mode.NORMAL]


def test_the_record_of_two_deaths_in_a_row_is_the_culprit(tmp_path: Path) -> None:
    for _ in range(2):
        life(tmp_path)
    assert life(tmp_path, touching=7).culprit is None
    assert life(tmp_path, 7, touching=7).culprit is None
    guard = life(tmp_path, 7)
    assert guard.culprit == Suspect("in", 0, 7, 2)
    assert guard.culprit.is_at(P, 7)
    assert not guard.culprit.is_at(P, 8)


def test_a_record_that_was_survived_is_no_suspect(tmp_path: Path) -> None:
    for _ in range(2):
        life(tmp_path)
    for _ in range(3):
        guard = life(tmp_path, touching=7)
        guard.survived()
        guard.touch(P, 8)
        guard.survived()
        guard.touch(P, 9)
    assert (guard.culprit is None) or not guard.culprit.is_at(P, 7)


def test_care_ends_after_many_survivors(tmp_path: Path) -> None:
    for _ in range(3):
        guard = life(tmp_path)
    for offset in range(1_000):
        assert guard.mode is Mode.CAREFUL
        guard.touch(P, offset)
        guard.survived()
    assert guard.mode is Mode.NORMAL


def test_limit_zero_switches_it_off(tmp_path: Path) -> None:
    assert [life(tmp_path, limit=0).mode for _ in range(5)] == [Mode.NORMAL] * 5
    assert list(tmp_path.iterdir()) == []


def test_a_note_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "lives.json").write_text("{broken")
    assert life(tmp_path).mode is Mode.NORMAL
