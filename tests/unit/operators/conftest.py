import pytest

from support.operator_bench import Bench, Surroundings


@pytest.fixture
def bench(tmp_path):
    surroundings = Surroundings(tmp_path / "task")
    yield Bench(surroundings)
    for store in surroundings.stores.values():
        store.close()
