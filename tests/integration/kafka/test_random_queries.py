"""Random keys asked of random instances while the input stands still, and while an instance is killed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import pytest

from headrace import SystemClock, TopicPartition
from support.kafka_access import KafkaAccess
from support.members import Members

PROGRAM = Path(__file__).with_name("queried_program.py")
BASE = SystemClock().now_ms() - 600_000
PARTITIONS = 4
KEYS = 5_000
MOST_CLICKS = 3
UNKNOWN = 0.05
"""How many of the keys that are asked for there have never been."""

RETRY_S = 0.02
LONGEST_S = 60.0


class Asker:
    """Asks instances for keys, and again as long as they say that they cannot tell yet. A wrong answer is never taken back."""

    def __init__(self, folder: Path, *names: str) -> None:
        self._urls = {name: (folder / name / "url").read_text() for name in names}
        self._random = Random(7)
        self._client = httpx.Client(timeout=30.0)
        self.answers: Counter[str] = Counter()

    def lose(self, name: str) -> None:
        """An instance that is not asked any more."""
        del self._urls[name]

    def ask(self, count: int) -> None:
        for _ in range(count):
            number = self._random.randrange(round(KEYS * (1 + UNKNOWN)))
            self._ask_until_answered(number, time.monotonic() + LONGEST_S)

    def close(self) -> None:
        self._client.close()

    def _ask_until_answered(self, number: int, deadline: float) -> None:
        while not self._is_answered(number):
            assert time.monotonic() < deadline, f"no answer for k{number} within {LONGEST_S:g} s"
            time.sleep(RETRY_S)

    def _is_answered(self, number: int) -> bool:
        name = self._random.choice(sorted(self._urls))
        parameters = {"key": f"k{number}", "read": self._random.choice(["latest", "committed"])}
        try:
            answer = self._client.get(f"{self._urls[name]}/stores/counts/get", params=parameters)
        except httpx.TransportError:
            self.answers["not reached"] += 1
            return False
        self.answers[str(answer.status_code)] += 1
        if answer.status_code == 503:
            assert answer.json()["error"] == "RebalancingError", answer.text
            return False
        if number < KEYS:
            assert answer.status_code == 200, answer.text
            assert answer.json()["value"] == clicks(number)
        else:
            assert answer.status_code == 404, answer.text
        return True


def clicks(number: int) -> int:
    return number % MOST_CLICKS + 1


def is_counted(access: KafkaAccess) -> bool:
    positions = access.log.admin().positions("app")
    ends = access.log.admin().end_offsets([TopicPartition("clicks", partition) for partition in range(PARTITIONS)])
    return all(where in positions and positions[where].offset == end for where, end in ends.items())


@pytest.fixture
def filled(access: KafkaAccess) -> Iterator[KafkaAccess]:
    access.create(clicks=PARTITIONS)
    access.write("clicks", [(f"k{n}", b"", BASE + n) for n in range(KEYS) for _ in range(clicks(n))])
    yield access


@pytest.mark.parametrize(
    ("questions", "standbys"),
    [
        (1_000, 1),
        pytest.param(10_000, 0, marks=(pytest.mark.soak, pytest.mark.timeout(600))),
        pytest.param(10_000, 1, marks=(pytest.mark.soak, pytest.mark.timeout(600))),
    ],
)
def test_random_keys_are_right_through_any_instance_also_while_one_is_killed(
    filled: KafkaAccess, questions: int, standbys: int
) -> None:
    names = ("a", "b", "c")
    with Members(filled, PROGRAM, str(standbys)) as members:
        members.start(*names)
        members.wait_until_shared(PARTITIONS, *names)
        members.wait(lambda: is_counted(filled), "all is counted")
        members.wait(lambda: all((filled.folder / name / "url").exists() for name in names), "all answer")
        asker = Asker(filled.folder, *names)
        asker.ask(questions // 4)
        members.kill("b")
        asker.ask(questions // 4)  # of the dead one as well
        asker.lose("b")
        asker.ask(questions - questions // 4 * 2)
        members.wait_until_shared(PARTITIONS, "a", "c")
        asker.close()
    assert asker.answers["not reached"] > 0
    assert asker.answers["200"] + asker.answers["404"] == questions
    print(dict(asker.answers))
