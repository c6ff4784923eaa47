#!/usr/bin/env python3
"""The judge of the cluster tests, judged: histories that are known to be right or wrong, and
small random ones against a search of all orders."""
import itertools
import random
import unittest

from history import INFINITE, INITIAL, Operation, check


def operation(kind, value, start, end):
    found = Operation("c", kind, value)
    found.start = start
    found.end = end
    return found


def write(value, start, end=INFINITE):
    return operation("write", value, start, end)


def read(value, start, end):
    return operation("read", INITIAL if value is None else value, start, end)


def explained_by_search(operations):
    """Whether some order of the operations, with any of the unknown writes left out, respects
    real time and the register; by trying all of them."""
    known = [each for each in operations if each.end < INFINITE]
    unknown = [each for each in operations if each.end == INFINITE]
    for count in range(len(unknown) + 1):
        for chosen in itertools.combinations(unknown, count):
            for order in itertools.permutations(known + list(chosen)):
                if respects(order):
                    return True
    return False


def respects(order):
    value = INITIAL
    for position, each in enumerate(order):
        if any(later.end < each.start for later in order[position + 1:]):
            return False
        if each.kind == "write":
            value = each.value
        elif each.value != value:
            return False
    return True


class Known(unittest.TestCase):
    def right(self, *operations):
        self.assertIsNone(check(operations))
        self.assertTrue(explained_by_search(operations))

    def wrong(self, *operations):
        self.assertIsNotNone(check(operations))
        self.assertFalse(explained_by_search(operations))

    def test_nothing(self):
        self.right()
        self.right(read(None, 0, 1))

    def test_read_of_what_was_written(self):
        self.right(write(1, 0, 1), read(1, 2, 3))

    def test_stale_read(self):
        self.wrong(write(1, 0, 1), write(2, 2, 3), read(1, 4, 5))
        self.wrong(write(1, 0, 1), read(None, 2, 3))

    def test_overlapping_read_may_see_either(self):
        self.right(write(1, 0, 1), write(2, 2, 5), read(1, 3, 4))
        self.right(write(1, 0, 1), write(2, 2, 5), read(2, 3, 4))

    def test_value_may_not_come_back(self):
        self.wrong(write(1, 0, 1), write(2, 2, 9), read(2, 3, 4), read(1, 5, 6))

    def test_unknown_write_may_show_later_but_not_vanish(self):
        self.right(write(1, 0), read(None, 1, 2), read(1, 3, 4))
        self.right(write(1, 0), read(None, 1, 2))
        self.wrong(write(1, 0), read(1, 1, 2), read(None, 3, 4))

    def test_lost_write(self):
        self.wrong(write(1, 0, 1), write(2, 2, 3), read(1, 4, 5), read(2, 6, 7))

    def test_read_of_a_value_from_nowhere(self):
        self.assertIn("never written", check([read(7, 0, 1)]))

    def test_read_from_the_future(self):
        self.wrong(read(1, 0, 1), write(1, 2, 3))

    def test_value_inside_the_life_of_another(self):
        self.wrong(write(1, 0, 1), write(2, 3, 4), read(1, 6, 7))


class Against(unittest.TestCase):
    def test_search_of_all_orders(self):
        generator = random.Random(1997)
        seen = {True: 0, False: 0}
        for _ in range(1500):
            operations = self.random_history(generator)
            expected = explained_by_search(operations)
            seen[expected] += 1
            self.assertEqual(check(operations) is None, expected, operations)
        self.assertGreater(min(seen.values()), 200)

    @staticmethod
    def random_history(generator):
        times = list(range(14))
        generator.shuffle(times)
        operations = []
        writes = generator.randint(1, 3)
        for number in range(writes + generator.randint(1, 3)):
            start, end = sorted((times.pop(), times.pop()))
            if number < writes:
                if generator.random() < 0.25:
                    end = INFINITE
                operations.append(write(number, start, end))
            else:
                operations.append(read(generator.choice([None, *range(writes)]), start, end))
        return operations


if __name__ == "__main__":
    unittest.main(verbosity=2)
