"""Orders known from Java."""

from headrace.topology.java_order import TreeSet, hash_set_order


def test_hash_sets_give_out_by_the_hash_of_the_text():
    assert hash_set_order(["banana", "apple", "cherry"]) == ["banana", "apple", "cherry"]
    assert hash_set_order(["tv", "cnt"]) == ["tv", "cnt"]
    assert hash_set_order(["in1", "in2"]) == ["in2", "in1"]


def test_hash_sets_hold_each_text_once():
    assert hash_set_order(["a", "b", "a"]) == ["a", "b"]


def test_the_same_bucket_keeps_the_order_of_arrival():
    assert hash_set_order(["Aa", "BB"]) == ["Aa", "BB"]
    assert hash_set_order(["BB", "Aa"]) == ["BB", "Aa"]


def test_tree_sets_are_sorted_while_the_order_stays():
    tree = TreeSet(lambda one, other: one < other)
    for number in (5, 3, 8, 1, 4, 7, 9, 2, 6, 5, 3):
        tree.add(number)
    assert list(tree) == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_tree_sets_keep_places_that_were_right_when_they_were_taken():
    rank = {"a": 1, "b": 2, "c": 3}
    tree = TreeSet(lambda one, other: rank[one] < rank[other])
    tree.add("a")
    tree.add("b")
    rank["a"] = 9
    tree.add("c")
    assert list(tree) == ["c", "a", "b"]
