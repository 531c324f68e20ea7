// Entries: the lines of an answer, in order, each with what is known about it.

import {levelOf} from "./levels.js";

// Of one answer's streams: [{ns, line, labels, meta, parsed, level}], newest first if `backward`. `seen` holds the
// keys of entries that are there already; those are left out, the others are added to it.
export function entriesOf(streams, backward, seen = new Set(), indexed = null) {
  const out = [];
  for (const {stream, values} of streams) {
    const labels = {};
    const mixed = {};
    // A tail's answer does not say which labels are of the stream; those that the index knows are.
    for (const [name, value] of Object.entries(stream)) (!indexed || indexed.has(name) ? labels : mixed)[name] = value;
    const identity = JSON.stringify(labels);
    for (const [ns, line, more] of values) {
      const key = `${ns} ${identity} ${line}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const meta = {...mixed, ...more?.structuredMetadata};
      const parsed = more?.parsed ?? {};
      out.push({ns, line, labels, meta, parsed, open: false,
                level: levelOf(labels.level, parsed.level, meta.level, meta.detected_level, labels.detected_level)});
    }
  }
  // Texts of equal length compare as numbers do.
  const order = backward ? -1 : 1;
  return out.sort((a, b) => order * (a.ns.length - b.ns.length || (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0)));
}

// Of entries in order, newest first if `backward`: the oldest make room.
export const keepNewest = (entries, backward, most) => (backward ? entries.slice(0, most) : entries.slice(-most));

// Without the colour codes of terminals.
export const plainLine = (line) => line.includes("\x1b") ? line.replace(/\x1b\[[0-9;]*m/g, "") : line;

// Fields that stand in the line itself: {parser: "json" or "logfmt", fields: [[name, value]]}; null if it is neither.
export function fieldsInLine(line) {
  const text = line.trim();
  if (text.startsWith("{")) {
    try {
      return {parser: "json", fields: flatten(JSON.parse(text), "")};
    } catch {
      return null;
    }
  }
  const fields = [];
  for (const [, name, quoted, bare] of text.matchAll(/(?:^|\s)([A-Za-z_][\w.]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))/g)) {
    fields.push([name.replace(/\W/g, "_"), quoted !== undefined ? quoted.replace(/\\(.)/g, "$1") : bare]);
  }
  return fields.length >= 2 ? {parser: "logfmt", fields} : null;
}

// As the json stage names them: keys joined by _, no arrays and no nulls.
function flatten(value, prefix) {
  const out = [];
  for (const [key, inner] of Object.entries(value)) {
    const name = prefix + key.replace(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, prefix ? "" : "_");
    if (inner === null || Array.isArray(inner)) continue;
    if (typeof inner === "object") out.push(...flatten(inner, `${name}_`));
    else out.push([name, String(inner)]);
  }
  return out;
}

export function jsonOf(entry) {
  return {timestamp: entry.ns, line: entry.line, labels: entry.labels, structuredMetadata: entry.meta,
          parsed: entry.parsed};
}
