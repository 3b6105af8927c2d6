"""What members.py and copiers.py judge by: what members may read, what is expected of copies, where a coordinator is. Needs no broker."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "real"))

import coordinators  # noqa: E402
import copiers  # noqa: E402
import members  # noqa: E402
import program  # noqa: E402


def read(partition, offset, value=None):
    return f"read {partition} {offset} {value or members.value_of(partition, offset)}"


class Reading(unittest.TestCase):
    def setUp(self):
        self.reading = members.Reading()
        self.reading.written = 1

    def hears(self, *lines):
        for line in lines:
            self.reading.hears(None, line)

    def test_it_is_complete_once_every_record_was_read(self):
        self.hears(*(read(partition, 0) for partition in range(members.PARTITIONS - 1)))
        self.assertFalse(self.reading.complete())
        self.hears(read(members.PARTITIONS - 1, 0))
        self.assertTrue(self.reading.complete())
        self.assertEqual(self.reading.again(), 0)

    def test_before_a_commit_a_record_may_be_read_again(self):
        self.hears(read(0, 0), read(0, 0))
        self.assertEqual(self.reading.again(), 1)
        self.assertEqual(self.reading.wrong, [])

    def test_what_is_committed_may_not_be_read_again(self):
        self.hears(read(0, 0))
        self.reading.floor = 1
        self.hears(read(0, 0))
        self.assertEqual(len(self.reading.wrong), 1)

    def test_a_record_is_what_was_written_at_its_place(self):
        self.hears(read(2, 7, members.value_of(2, 8)))
        self.assertEqual(len(self.reading.wrong), 1)

    def test_other_lines_are_none_of_its_business(self):
        self.hears("ok: connected")
        self.assertEqual(self.reading.wrong, [])


class Copies(unittest.TestCase):
    def check(self, values):
        actual, copiers.copied = copiers.copied, lambda *_: {0: values}
        try:
            copiers.check_copies(None, 3)
        finally:
            copiers.copied = actual

    def test_each_once_and_in_order(self):
        self.check(["0", "1", "2"])

    def test_nothing_else_will_do(self):
        for values in (["0", "1"], ["0", "2", "1"], ["0", "1", "1", "2"], ["0", "aborted 1", "1", "2"], ["0", "1", "2", "3"]):
            with self.assertRaises(AssertionError):
                self.check(values)


class Coordinators(unittest.TestCase):
    def test_hashes_are_javas(self):
        self.assertEqual(coordinators.java_hash(""), 0)
        self.assertEqual(coordinators.java_hash("hello"), 99162322)
        self.assertEqual(coordinators.java_hash("polygenelubricants"), 0)  # -2^31, without its sign


class Programs(unittest.TestCase):
    def test_lines_are_heard_and_counted_and_sigterm_ends_it(self):
        heard = []
        code = "import signal, sys; print('read 1'); print('read 2', flush=True); signal.pause()"
        with program.Programs() as programs:
            reader = programs.add([sys.executable, "-c", code], lambda _, line: heard.append(line))
            coordinators.until(lambda: reader.lines["read"] == 2, "it has said both", 20)
            self.assertTrue(reader.alive())
            reader.end()
            self.assertFalse(reader.alive())
        self.assertEqual(heard, ["read 1", "read 2"])


if __name__ == "__main__":
    unittest.main()
