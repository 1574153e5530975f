#!/usr/bin/env python3
"""The check of dependencies.py finds what it is for: a crate too many, one too few, a crate without a reason."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from dependencies import ROOT, differences, foreign, reasons, tree


class Dependencies(unittest.TestCase):
    def test_a_crate_too_many_and_one_too_few(self):
        allowed = {"library": {"a", "b"}, "wheel": {"a", "b", "c"}}
        self.assertEqual(differences(allowed, {"library": {"a", "b"}, "wheel": {"b", "c"}}), [])
        found = differences(allowed, {"library": {"a", "c"}, "wheel": {"c"}})
        self.assertEqual(found, ["library: c is not in the list", "b is in the list, and nothing needs it"])

    def test_each_crate_has_a_reason(self):
        self.assertEqual(reasons('# x\n[library]\na-b = "because"\n'), {"library": {"a-b": "because"}})
        for text in ['[library]\na = ""\n', "[library]\na\n", 'a = "first"\n', '[x]\na = "b"\na = "b"\n']:
            with self.assertRaises(SystemExit, msg=text):
                reasons(text)

    def test_the_tree_is_read(self):
        crates = tree("himds-ffi", "x86_64-unknown-linux-gnu")
        self.assertLessEqual({"hyper", "syn"}, crates)
        self.assertNotIn("himds", crates, "our own")
        self.assertNotIn("tempfile", crates, "needed by tests alone")

    def test_what_is_called_like_ours_is_not_ours(self):
        lines = f"himds-ffi v0.1.0 ({ROOT}/ffi-c)\nhimds v0.1.0 ({ROOT}/core)\nhimds-extra v1.0.0\nserde_derive v1.0.0 (proc-macro)\nsyn v3.0.0\n"
        self.assertEqual(foreign(lines), {"himds-extra", "serde_derive", "syn"})


if __name__ == "__main__":
    unittest.main()
