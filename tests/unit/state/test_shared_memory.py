from headrace.state.memory import DECODED_FACTOR, ENTRY_OVERHEAD, AverageSize, SharedMemory


class Cache:
    def __init__(self, held):
        self.held = held

    def memory_bytes(self):
        return self.held

    def release(self, share):
        self.held = int(self.held * (1 - share))


def test_limit_is_shared_by_all_users():
    memory = SharedMemory(100)
    first, second = Cache(60), Cache(30)
    memory.register(first)
    memory.register(second)
    assert (memory.used_bytes, memory.exceeded) == (90, False)
    memory.charge(20)
    assert memory.exceeded
    memory.charge(-20)
    assert not memory.exceeded
    memory.unregister(first)
    assert memory.used_bytes == 30


def test_reclaim_takes_the_same_share_of_each_cache():
    memory = SharedMemory(100)
    caches = [Cache(150), Cache(50)]
    for cache in caches:
        memory.register(cache)
    memory.reclaim()
    assert memory.used_bytes <= 75
    assert caches[0].held in range(55, 58)
    assert caches[1].held in range(17, 20)


def test_reclaim_below_the_limit_takes_nothing():
    memory = SharedMemory(100)
    cache = Cache(100)
    memory.register(cache)
    memory.reclaim()
    assert cache.held == 100


def test_decoded_entries_are_estimated_from_their_average_encoded_size():
    average = AverageSize()
    assert average.decoded_bytes(2) == 2 * ENTRY_OVERHEAD
    average.add(10)
    average.add(30)
    assert average.decoded_bytes(2) == 2 * (ENTRY_OVERHEAD + 20 * DECODED_FACTOR)
    assert average.encoded_bytes(2) == 2 * (ENTRY_OVERHEAD + 20)
