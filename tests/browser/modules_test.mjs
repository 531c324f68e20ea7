// The explorer's modules that need no browser: LogQL as the editor sees it, times, Prometheus' text, entries.
// node --test modules_test.mjs

import assert from "node:assert/strict";
import test from "node:test";

const assets = new URL("../../src/web/assets/", import.meta.url);
const load = (name) => import(new URL(name, assets));
const logql = await load("logql.js");
const time = await load("time.js");
const numbers = await load("numbers.js");
const prometheus = await load("prometheus.js");
const {entriesOf, fieldsInLine, keepNewest} = await load("entries.js");
const {ticksOf} = await load("chart.js");
const {levelOf} = await load("levels.js");

// Every case: [input..., wanted].
const table = (name, f, cases) => test(name, () => {
  for (const one of cases) assert.deepEqual(f(...one.slice(0, -1)), one.at(-1), JSON.stringify(one.slice(0, -1)));
});

table("isMetricQuery", logql.isMetricQuery, [
  ['{a="b"}', false], [' # a comment\n{a="b"} |= "sum("', false], ['({a="b"})', false],
  ['rate({a="b"}[1m])', true], ['sum by (x) (rate({a="b"}[1m]))', true], ["1 + 1", true], ["(1)", true],
]);

table("setMatcher", logql.setMatcher, [
  ['{a="b"}', "c", "=", "d", '{a="b", c="d"}'],
  ['{a="b"}', "a", "=", "x", '{a="x"}'],
  ['{a="b"}', "a", "!=", "x", '{a!="x"}'],
  ['{a!="b"}', "a", "!=", "x", '{a!="b", a!="x"}'],
  ['{a="b"}', "a", "=", "b", '{a="b"}'],
  ['{}', "a", "=", "b", '{a="b"}'],
  ["", "a", "=", "b", '{a="b"}'],
  ['sum(rate({a="}"} |= "{x" [1m]))', "c", "=", "d", 'sum(rate({a="}", c="d"} |= "{x" [1m]))'],
  ['{a=`b`, c=~"d.+"} | json', "e", "=", 'quote " and \\ and <b>', '{a=`b`, c=~"d.+", e="quote \\" and \\\\ and <b>"} | json'],
]);

table("dropMatcher", logql.dropMatcher, [
  ['{a="b", c="d"} |= "x"', "a", "", '{c="d"} |= "x"'],
  ['{a="b"} |= "x"', "a", 'a=~".+"', '{a=~".+"} |= "x"'],
]);

table("addStage", logql.addStage, [
  ['{a="b"}', "| json", '{a="b"} | json'],
  ['{a="b"} | json ', "| json", '{a="b"} | json'],
  ['{a="b"} | json_x="y"', "| json", '{a="b"} | json_x="y" | json'],
  ['{a="b"} # why', '| x="y"', '{a="b"} # why\n| x="y"'],
]);

table("wantedTexts", logql.wantedTexts, [
  ['{a="b"} |= "x" != "y" |= `z` |~ "w"', ["x", "z"]], ['{a="b"} |= ""', []],
]);

// The cursor stands at "|".
const completion = (text) => {
  const at = text.indexOf("‸");
  const found = logql.completionAt(text.replace("‸", ""), at);
  return found && [found.kind, found.prefix, found.label ?? null, found.selector ?? null];
};
table("completionAt", completion, [
  ["{‸", ["label", "", null, null]],
  ["{jo‸}", ["label", "jo", null, null]],
  ['{a="b", ‸', ["label", "", null, null]],
  ["{job=‸", ["value", "", "job", ""]],
  ['{job="ap‸', ["value", "ap", "job", ""]],
  ['{env="dev", job="ap‸"}', ["value", "ap", "job", '{env="dev"}']],
  ["{job‸", ["label", "job", null, null]],
  ["{job ‸", ["fixed", "", null, null]],
  ['{a="b"} | ‸', ["field", "", null, null]],
  ['{a="b"} | js‸', ["field", "js", null, null]],
  ['{a="b"} | json | level="er‸', ["value", "er", "level", '{a="b"}']],
  ['{a="b"} ‸', ["fixed", "", null, null]],
  ['{a="b"} |= "some text‸', null],
  ["su‸", ["fixed", "su", null, null]],
  ["sum by (le‸", ["label", "le", null, null]],
  ["sum(ra‸", ["fixed", "ra", null, null]],
]);

test("completionAt replaces the whole word or string", () => {
  const found = logql.completionAt('{job="apple", x="y"}', 8);
  assert.deepEqual([found.from, found.to, found.prefix], [5, 12, "ap"]);
});

const NOW = Date.parse("2026-01-31T12:00:00Z");
table("parseTime", (text) => time.parseTime(text, NOW), [
  ["now", NOW], ["now-1h", NOW - 3600000], ["now - 1h30m", NOW - 5400000], ["1769860800", NOW], ["1769860800000", NOW],
  ["1769860800000000000", NOW], ["2026-01-31T12:00:00Z", NOW], ["yesterday", null], ["now-", null], ["now-1x", null], ["", null],
]);
table("niceStep", time.niceStep, [[60000, 60, 1000], [3600000, 90, 60000], [900000, 90, 10000], [30 * 86400000, 90, 43200000]]);
table("formatStep", time.formatStep, [[200, "200ms"], [15000, "15s"], [3600000, "1h"], [86400000, "1d"]]);
table("toNs and back", (ms) => [time.toNs(ms), time.nsToMs(time.toNs(ms))], [
  [1769860800000, ["1769860800000000000", 1769860800000]], [1769860800000.25, ["1769860800000250000", 1769860800000.25]],
]);

table("formatBytes", numbers.formatBytes, [[0, "0 B"], [1023, "1023 B"], [1536, "1.5 KiB"], [5 * 1024 ** 3, "5 GiB"]]);
table("formatSeconds", numbers.formatSeconds, [[0.0000035, "3.5 µs"], [0.012, "12 ms"], [2.5, "2.5 s"], [600, "10 min"]]);
table("formatCount", numbers.formatCount, [[0, "0"], [12345, "12,345"], [1234567, "1.23 M"]]);

const SAMPLES = prometheus.parseExposition(`# HELP a A
# TYPE a counter
a{x="1",y="with \\"quotes\\", a comma and } brace"} 3
a{x="2"} 4
b 1e3
h_bucket{le="0.1"} 5
h_bucket{le="1"} 9
h_bucket{le="+Inf"} 10
`);
test("parseExposition", () => {
  assert.deepEqual(SAMPLES.get("a")[0], {labels: {x: "1", y: 'with "quotes", a comma and } brace'}, value: 3});
  assert.equal(prometheus.sumOf(SAMPLES, "a"), 7);
  assert.equal(prometheus.sumOf(SAMPLES, "a", {x: /^2/}), 4);
  assert.equal(prometheus.sumOf(SAMPLES, "b"), 1000);
  assert.equal(prometheus.sumOf(SAMPLES, "c"), undefined);
});
test("rates and quantiles between two looks", () => {
  const look = (at, text) => ({at, samples: prometheus.parseExposition(text)});
  const before = look(0, 'c 10\nh_bucket{le="1"} 10\nh_bucket{le="2"} 10\nh_bucket{le="+Inf"} 10\n');
  const after = look(5000, 'c 20\nh_bucket{le="1"} 10\nh_bucket{le="2"} 20\nh_bucket{le="+Inf"} 20\n');
  assert.equal(prometheus.rateOf(before, after, "c"), 2);
  assert.equal(prometheus.rateOf(after, look(10000, "c 5\n"), "c"), 1);  // began anew
  assert.equal(prometheus.rateOf(undefined, after, "c"), undefined);
  assert.equal(prometheus.quantileOf(before, after, "h", 0.5), 1.5);
  assert.equal(prometheus.quantileOf(after, after, "h", 0.5), NaN);  // nothing was seen
  assert.equal(prometheus.quantileOf(before, after, "other", 0.5), undefined);
  assert.equal(prometheus.quantileOf(undefined, look(0, 'h_bucket{le="1"} 0\nh_bucket{le="+Inf"} 4\n'), "h", 0.99), 1);
});

test("entriesOf merges streams by time and leaves out what is known", () => {
  const streams = [
    {stream: {job: "a", level: "error"}, values: [["3", "three", {}], ["1", "one", {structuredMetadata: {trace: "t"}}]]},
    {stream: {job: "b"}, values: [["2", "two", {parsed: {level: "warning"}}]]},
  ];
  const seen = new Set();
  const entries = entriesOf(streams, true, seen);
  assert.deepEqual(entries.map(({line, level}) => [line, level]), [["three", "error"], ["two", "warn"], ["one", "error"]]);
  assert.deepEqual(entries[2].meta, {trace: "t"});
  assert.deepEqual(entriesOf(streams, true, seen), []);
  // A tail mixes labels and metadata; the index tells them apart.
  const [live] = entriesOf([{stream: {job: "a", trace: "t"}, values: [["4", "four"]]}], true, seen, new Set(["job"]));
  assert.deepEqual([live.labels, live.meta], [{job: "a"}, {trace: "t"}]);
});

table("keepNewest", keepNewest, [
  [["c", "b", "a"], true, 2, ["c", "b"]], [["a", "b", "c"], false, 2, ["b", "c"]], [["a"], false, 2, ["a"]],
]);

table("fieldsInLine", fieldsInLine, [
  ['{"a":{"b":1,"c":[1],"d":null},"e-f":"g"}', {parser: "json", fields: [["a_b", "1"], ["e_f", "g"]]}],
  ['level=info msg="with \\"quotes\\"" n=1', {parser: "logfmt", fields: [["level", "info"], ["msg", 'with "quotes"'], ["n", "1"]]}],
  ["no fields here", null], ["only=one", null], ["{broken", null],
]);
table("ticksOf", ticksOf, [
  [0, 10, 5, [0, 2, 4, 6, 8, 10]], [0, 0.3, 2, [0, 0.2]], [0, 3000, 2, "bytes", [0, 2048]], [0, 1, 2, "whole", [0, 1]],
]);
table("levelOf", levelOf, [["ERR", "error"], [undefined, "Warning", "warn"], ["fatal", "critical"], ["strange", "unknown"]]);
