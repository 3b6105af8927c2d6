"""What compatibility.py makes of counts: whose requests prove what, and how that is written down. Needs no broker."""
import unittest

import compatibility


def line(test, counts, test_client=None):
    """As tests/real/client_counts.py keeps it; of each count: client, its version, API and version of that."""
    fields = ("client", "version", "api", "api_version")
    return {"test": test, "test_client": test_client, "counts": [dict(zip(fields, count)) for count in counts]}


class Ranges(unittest.TestCase):
    def test_neighbours_are_joined_and_all_is_in_order(self):
        self.assertEqual(compatibility.ranges({5, 0, 3, 4}), "0, 3 to 5")
        self.assertEqual(compatibility.ranges([7]), "7")
        self.assertEqual(compatibility.ranges([]), "")


class Used(unittest.TestCase):
    def test_what_fulmars_own_client_does_proves_nothing(self):
        self.assertEqual(compatibility.used([line("a", [("fulmar", "1", "Fetch", 12)])]), {})

    def test_a_client_is_put_together_from_all_tests(self):
        clients = compatibility.used([line("a", [("kgo", "v1", "Fetch", 12), ("kgo", "v1", "Fetch", 13)]), line("b", [("kgo", "v1", "Produce", 9)])])
        self.assertEqual(list(clients), ["kgo v1"])
        self.assertEqual(dict(clients["kgo v1"]["apis"]), {"Fetch": {12, 13}, "Produce": {9}})
        self.assertEqual(clients["kgo v1"]["tests"], {"a", "b"})
        self.assertTrue(clients["kgo v1"]["named"])

    def test_two_versions_are_two_clients(self):
        clients = compatibility.used([line("a", [("kgo", "v1", "Fetch", 12), ("kgo", "v2", "Fetch", 13)])])
        self.assertEqual(sorted(clients), ["kgo v1", "kgo v2"])

    def test_who_says_nothing_is_the_tests_client(self):
        clients = compatibility.used([line("a", [("(none)", "", "Fetch", 10)], "aiokafka 0.14")])
        self.assertEqual(list(clients), ["aiokafka 0.14"])
        self.assertFalse(clients["aiokafka 0.14"]["named"])

    def test_who_says_nothing_in_a_test_without_a_client_is_unknown(self):
        self.assertEqual(list(compatibility.used([line("a", [("(none)", "", "Fetch", 10)])])), ["unknown, in a"])

    def test_who_does_not_know_its_version_has_the_tests(self):
        clients = compatibility.used([line("a", [("sarama", "unknown", "Fetch", 11), ("kcat", "1", "Fetch", 12)], "sarama 1.61.1")])
        self.assertEqual(sorted(clients), ["kcat 1", "sarama 1.61.1"])


class Document(unittest.TestCase):
    versions = {0: (3, 9), 1: (4, 6), 3: (0, 1)}
    names = {0: "Produce", 1: "Fetch", 3: "Metadata"}

    def rows(self, lines):
        text = compatibility.document(self.versions, self.names, compatibility.used(lines))
        return [[cell.strip() for cell in row.split("|")[1:-1]] for row in text.splitlines() if row.startswith("|")]

    def test_each_api_has_what_is_served_used_and_not_used_and_by_whom(self):
        rows = self.rows([line("t.py", [("kgo", "v1", "Produce", 9), ("kgo", "v1", "Produce", 8), ("kcat", "2", "Produce", 3), ("kcat", "2", "Fetch", 5)])])
        self.assertIn(["Produce", "3 to 9", "3, 8 to 9", "4 to 7", "kcat 2 (3); kgo v1 (8 to 9)"], rows)
        self.assertIn(["Fetch", "4 to 6", "5", "4, 6", "kcat 2 (5)"], rows)

    def test_an_api_that_nobody_used_is_there_all_the_same(self):
        self.assertIn(["Metadata", "0 to 1", "none", "0 to 1", ""], self.rows([]))

    def test_apis_are_in_the_order_of_their_keys(self):
        self.assertEqual([row[0] for row in self.rows([])[-3:]], ["Produce", "Fetch", "Metadata"])

    def test_clients_are_listed_with_their_tests(self):
        rows = self.rows([line("b.py", [("kgo", "v1", "Fetch", 5)]), line("a.py", [("kgo", "v1", "Fetch", 5), ("(none)", "", "Fetch", 4)], "aio 1")])
        self.assertIn(["kgo v1", "`a.py`, `b.py`", "yes"], rows)
        self.assertIn(["aio 1", "`a.py`", "no"], rows)


class Apis(unittest.TestCase):
    def test_names_come_from_the_brokers_own_table(self):
        names = compatibility.names_of_apis()
        self.assertEqual([names[key] for key in (0, 1, 18, 68)], ["Produce", "Fetch", "ApiVersions", "ConsumerGroupHeartbeat"])


if __name__ == "__main__":
    unittest.main()
