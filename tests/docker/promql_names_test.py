#!/usr/bin/env python3
"""promql_names finds the names in an expression, and only those."""

import unittest

from promql_names import Names, names


class PromqlNames(unittest.TestCase):
    def test_names(self):
        def f(expression, metrics, labels=()):
            with self.subTest(expression):
                self.assertEqual(names(expression), Names(metrics, labels))

        f("up", ["up"])
        f("up == 0", ["up"])
        f("1.5e3 + 5m", [])
        f('up{job="a"}', ["up"], ["job"])
        f('up{job=~"a|b", path!="x{y}"}', ["up"], ["job", "path"])
        f("rate(a_total[5m])", ["a_total"])
        f("rate(a_total[$__rate_interval])", ["a_total"])
        f('a{x=~"$y"} offset 5m', ["a"], ["x"])
        f("sum by (x, y) (a)", ["a"], ["x", "y"])
        f("sum(a) by (x)", ["a"], ["x"])
        f("sum without(x) (a)", ["a"], ["x"])
        f("a / on (x) group_left (z) b", ["a", "b"], ["x", "z"])
        f("a and b unless c or d", ["a", "b", "c", "d"])
        f("histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m])))", ["h_bucket"], ["le"])
        f('{__name__=~"a|b", job="x"}', ["a", "b"], ["job"])
        f('{__name__="a"}', ["a"])
        f("by", [])


if __name__ == "__main__":
    unittest.main()
