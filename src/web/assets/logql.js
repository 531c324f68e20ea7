// LogQL, as far as an editor needs it: tokens for colours, what may stand at the cursor, and small changes to a query
// by click. What a query means is decided by who answers it.

const PATTERN = new RegExp([
  "(?<space>\\s+)", "(?<comment>#[^\\n]*)", '(?<string>"(?:[^"\\\\\\n]|\\\\.)*"?|`[^`]*`?)',
  "(?<number>\\d+(?:\\.\\d+)?(?:[a-zA-Z]+(?:\\d+(?:\\.\\d+)?[a-zA-Z]+)*)?)", "(?<word>[A-Za-z_][A-Za-z0-9_]*)",
  "(?<operator>\\|=|\\|~|\\|>|!=|!~|!>|=~|==|>=|<=|[-+*/%^|=<>])", "(?<bracket>[{}()\\[\\]])", "(?<other>[^])",
].join("|"), "g");

// [{type, text, start, end}], without white space and comments unless `all`.
export function tokenize(text, all = false) {
  const out = [];
  for (const match of text.matchAll(PATTERN)) {
    const type = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    if (!all && (type === "space" || type === "comment")) continue;
    out.push({type, text: match[0], start: match.index, end: match.index + match[0].length});
  }
  return out;
}

// A query of lines begins with its selector; everything else makes numbers.
export function isMetricQuery(text) {
  return tokenize(text).find((token) => token.text !== "(")?.text !== "{";
}

export const quote = (text) => JSON.stringify(text);

export function unquote(text) {
  if (text[0] === "`") return text.slice(1, text.endsWith("`") ? -1 : undefined);
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(1, -1);
  }
}

// The first selector: {open, close, matchers: [{name, op, value, start, end}]}; null if there is none.
export function firstSelector(text) {
  const tokens = tokenize(text);
  const open = tokens.findIndex((token) => token.text === "{");
  if (open < 0) return null;
  const matchers = [];
  let at = open + 1;
  for (; at < tokens.length && tokens[at].text !== "}"; ++at) {
    const [name, op, value] = tokens.slice(at, at + 3);
    if (name.type !== "word" || value?.type !== "string") continue;
    matchers.push({name: name.text, op: op.text, value: unquote(value.text), start: name.start, end: value.end});
    at += 2;
  }
  return {open: tokens[open].start, close: tokens[at]?.start ?? text.length, matchers};
}

export function selectorText(text) {
  const selector = firstSelector(text);
  return selector ? `{${selector.matchers.map((m) => text.slice(m.start, m.end)).join(", ")}}` : "";
}

// Sets name=value (or another operator) in the first selector. One equality per name: a second could match nothing.
export function setMatcher(text, name, op, value) {
  const selector = firstSelector(text);
  const matcher = `${name}${op}${quote(value)}`;
  if (!selector) return `{${matcher}} ${text}`.trim();
  if (selector.matchers.some((m) => m.name === name && m.op === op && m.value === value)) return text;
  const others = selector.matchers.filter((m) => m.name !== name || (op === "!=" && m.op === "!="));
  const inner = [...others.map((m) => text.slice(m.start, m.end)), matcher].join(", ");
  return `${text.slice(0, selector.open)}{${inner}}${text.slice(selector.close + 1)}`;
}

// Takes all matchers of a name away; `fallback` stands in for the last one, as a query needs one.
export function dropMatcher(text, name, fallback) {
  const selector = firstSelector(text);
  if (!selector) return text;
  const kept = selector.matchers.filter((m) => m.name !== name).map((m) => text.slice(m.start, m.end));
  const inner = kept.length ? kept.join(", ") : fallback;
  return `${text.slice(0, selector.open)}{${inner}}${text.slice(selector.close + 1)}`;
}

// Adds stages to the end of a query of lines.
export function addStage(text, stage) {
  const body = text.replace(/\s+$/, "");
  if (`${body} `.includes(`${stage} `)) return body;
  return `${body}${/#[^\n]*$/.test(body) ? "\n" : " "}${stage}`;
}

// The texts that lines must contain, for marking them.
export function wantedTexts(text) {
  const tokens = tokenize(text);
  return tokens.filter((token, at) => token.type === "string" && tokens[at - 1]?.text === "|=")
      .map((token) => unquote(token.text)).filter((wanted) => wanted.length > 0);
}

const RANGE_FUNCTIONS = {
  count_over_time: "lines in the range", rate: "lines per second", bytes_over_time: "bytes in the range",
  bytes_rate: "bytes per second", absent_over_time: "1 where there is nothing",
  sum_over_time: "sum of unwrapped values",
  avg_over_time: "average of unwrapped values", min_over_time: "smallest unwrapped value",
  max_over_time: "largest unwrapped value", first_over_time: "first unwrapped value",
  last_over_time: "last unwrapped value", quantile_over_time: "quantile of unwrapped values",
  stddev_over_time: "standard deviation", stdvar_over_time: "variance", rate_counter: "rate of an unwrapped counter",
};
const AGGREGATIONS = {
  sum: "sum of series", avg: "average", min: "smallest", max: "largest", count: "number of series",
  topk: "the k largest", bottomk: "the k smallest", stddev: "standard deviation", stdvar: "variance", sort: "ascending",
  sort_desc: "descending", label_replace: "sets a label", vector: "a number as a series",
};
const STAGES = {
  json: "fields of JSON", logfmt: "fields of key=value", pattern: "fields by a pattern",
  regexp: "fields by named groups", unpack: "fields of a packed line", line_format: "another line, by a template",
  label_format: "renames or makes labels", drop: "drops labels", keep: "keeps only these labels",
  decolorize: "without colour codes", unwrap: "a field as the value",
};
const FILTERS = {
  "|= \"\"": "line contains", "!= \"\"": "line does not contain", "|~ \"\"": "line matches a regular expression",
  "!~ \"\"": "line does not match", "| json": STAGES.json, "| logfmt": STAGES.logfmt,
};
const OPERATORS = {"=": "equals", "!=": "is not", "=~": "matches", "!~": "does not match"};

const options = (table, make) => Object.entries(table).map(([text, hint]) => ({text, hint, ...make?.(text)}));
const called = (text) => ({insert: `${text}(`});
// The cursor goes between the quotes.
const quoted = (text) => ({back: text.endsWith('"') ? 1 : 0});
const taking = (text) => /^(pattern|regexp|line_format)$/.test(text) ? {insert: `${text} ""`, back: 1} : {};

// What may stand at `at`: {from, to, prefix, kind, options?} for kind "fixed", or kind "label", "field" or "value"
// (with its `label`), which only the data can answer. Null: nothing to offer.
export function completionAt(text, at) {
  const tokens = tokenize(text.slice(0, at));
  const whole = tokenize(text);
  const last = tokens.at(-1);
  const touching = last && last.end === at ? last : null;
  const here = {from: at, to: at, prefix: ""};
  if (touching?.type === "word") {
    const full = whole.find((token) => token.start === touching.start);
    Object.assign(here, {from: touching.start, to: full.end, prefix: touching.text});
    tokens.pop();
  } else if (touching?.type === "string") {
    const closed = touching.text.length > 1 && touching.text.at(-1) === touching.text[0];
    const full = whole.find((token) => token.start === touching.start);
    if (closed && touching.text.at(-1) !== "\\") return afterClosed(text, tokens, here);
    const name = tokens.at(-3);
    if (name?.type !== "word") return null;
    const end = full.text.includes("\n") || !/["`]$/.test(full.text.slice(1)) ? at : full.end;
    return {from: touching.start, to: end, prefix: touching.text.slice(1), kind: "value", label: name.text,
            selector: othersOf(text, name.text)};
  }
  const previous = tokens.at(-1)?.text;
  if (insideSelector(tokens)) {
    if (previous === "{" || previous === ",") return {...here, kind: "label"};
    if (tokens.at(-1).type === "word") return fixed(here, options(OPERATORS));
    if (/^[=!]/.test(previous)) {
      const name = tokens.at(-2)?.text;
      return {...here, kind: "value", label: name, selector: othersOf(text, name)};
    }
    return null;
  }
  if (insideGrouping(tokens)) return {...here, kind: "label"};
  if (previous === "|") return {...fixed(here, options(STAGES, taking)), kind: "field"};
  if (previous === undefined) {
    return fixed(here, [{text: "{", hint: "select streams by labels"}, ...options(AGGREGATIONS, called),
                        ...options(RANGE_FUNCTIONS, called)]);
  }
  if (previous === "(" || /^[-+*/%^,]$/.test(previous)) {
    return fixed(here, [...options(RANGE_FUNCTIONS, called), ...options(AGGREGATIONS, called)]);
  }
  if (here.prefix) return null;
  return afterClosed(text, tokens, here);
}

// Behind a selector or a filter: the next filter or stage.
function afterClosed(text, tokens, here) {
  const last = tokens.at(-1);
  if (insideSelector(tokens) || !last || here.prefix) return null;
  const ends = last.text === "}" || last.type === "string" || last.text in STAGES;
  return ends && /\s$/.test(text.slice(0, here.from)) ? fixed(here, options(FILTERS, quoted)) : null;
}

const fixed = (here, list) => ({...here, kind: "fixed", options: list});

function insideSelector(tokens) {
  const open = tokens.findLastIndex((token) => token.text === "{");
  return open >= 0 && !tokens.slice(open).some((token) => token.text === "}");
}

function insideGrouping(tokens) {
  const open = tokens.findLastIndex((token) => token.text === "(");
  return open > 0 && /^(by|without|on|ignoring)$/.test(tokens[open - 1].text) &&
      !tokens.slice(open).some((token) => token.text === ")");
}

// The selector without the matchers of one name: its values are asked for among what the others leave.
function othersOf(text, name) {
  const selector = firstSelector(text);
  const kept = selector?.matchers.filter((m) => m.name !== name).map((m) => text.slice(m.start, m.end)) ?? [];
  return kept.length ? `{${kept.join(", ")}}` : "";
}

export function matchOptions(list, prefix) {
  const wanted = prefix.toLowerCase();
  const scored = list.filter((option) => option.text.toLowerCase().includes(wanted));
  return scored.sort((a, b) => b.text.toLowerCase().startsWith(wanted) - a.text.toLowerCase().startsWith(wanted));
}
