from headrace.app.workers.dealing import deal
from headrace.core.identifiers import TaskId


def test_every_task_goes_to_one_worker_and_each_subtopology_is_spread():
    tasks = {TaskId(part, number) for part in (0, 1) for number in range(4)}

    shares = deal(tasks, 2)

    assert frozenset.union(*shares) == tasks
    assert sum(map(len, shares)) == len(tasks)
    assert all(sum(task.subtopology == part for task in share) == 2 for share in shares for part in (0, 1))


def test_the_same_tasks_are_dealt_the_same_way_in_whatever_order_they_come():
    tasks = [TaskId(0, number) for number in range(5)]

    assert deal(tasks, 3) == deal(reversed(tasks), 3)


def test_there_may_be_workers_without_tasks():
    assert deal([TaskId(0, 0)], 2) == [frozenset({TaskId(0, 0)}), frozenset()]
