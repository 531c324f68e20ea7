// One row of the log list, and what it shows when it is opened.

import {copy, el, iconButton} from "./dom.js";
import {fieldsInLine, jsonOf, plainLine} from "./entries.js";
import {formatStamp, formatLocal, nsToMs} from "./time.js";

// `view`: {withDay, wanted: texts to mark, ontoggle(entry), onfilter(field, not), oncontext(entry)}
export function entryRow(entry, view) {
  const head = el("div", {class: "row-head", onclick: (event) => onHead(event, entry, view)},
                  el("span", {class: "stamp"}, formatStamp(entry.ns, view.withDay)),
                  el("span", {class: "level-word"}, entry.level === "unknown" ? "" : entry.level),
                  el("span", {class: "line"}, marked(plainLine(entry.line), view.wanted)));
  return el("div", {
    class: `row level-${entry.level}${entry.open ? " open" : ""}`, role: "listitem", tabindex: "-1",
    "aria-label": `${entry.level} ${formatStamp(entry.ns, true)}`, "aria-expanded": String(entry.open),
    onkeydown: (event) => onKey(event, entry, view),
  }, head, entry.open && details(entry, view));
}

function onHead(event, entry, view) {
  // A selection of text is no click.
  if (String(getSelection()) && event.detail < 2 && getSelection().type === "Range") return;
  view.ontoggle(entry);
}

function onKey(event, entry, view) {
  if (event.target !== event.currentTarget) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    view.ontoggle(entry);
  } else if (event.key === "c" && !event.ctrlKey && !event.metaKey) {
    copy(entry.line, "Line copied");
  }
}

// The line as texts, those that were searched for in <mark>.
function marked(line, wanted) {
  const out = [];
  let from = 0;
  while (wanted.length && out.length < 200) {
    let next = -1;
    let length = 0;
    for (const text of wanted) {
      const at = line.indexOf(text, from);
      if (at >= 0 && (next < 0 || at < next)) [next, length] = [at, text.length];
    }
    if (next < 0) break;
    out.push(line.slice(from, next), el("mark", {}, line.slice(next, next + length)));
    from = next + length;
  }
  out.push(line.slice(from));
  return out;
}

function details(entry, view) {
  const inLine = fieldsInLine(plainLine(entry.line));
  const known = new Set([entry.labels, entry.meta, entry.parsed].flatMap((group) => Object.keys(group)));
  const found = inLine?.fields.filter(([name]) => !known.has(name)) ?? [];
  const group = (title, pairs, kind) => pairs.length > 0 && el("tbody", {},
      el("tr", {}, el("th", {colspan: 3, scope: "rowgroup"}, title)),
      pairs.map(([name, value]) => fieldRow({kind, name, value, parser: inLine?.parser}, view)));
  return el("div", {class: "row-body"},
            el("div", {class: "row-tools"},
               el("time", {}, `${formatLocal(Math.floor(nsToMs(entry.ns) / 1000) * 1000)}.${entry.ns.slice(-9)}`),
               el("button", {type: "button", onclick: () => view.oncontext(entry)}, "Show context"),
               el("button", {type: "button", onclick: () => copy(entry.line, "Line copied")}, "Copy line"),
               el("button", {type: "button", onclick: () =>
                 copy(JSON.stringify(jsonOf(entry), null, 2), "JSON copied")}, "Copy JSON")),
            inLine?.parser === "json" && el("pre", {class: "pretty"}, pretty(entry.line)),
            el("table", {class: "fields"},
               group("Labels", Object.entries(entry.labels), "label"),
               group("Structured metadata", Object.entries(entry.meta), "meta"),
               group("Parsed fields", Object.entries(entry.parsed), "parsed"),
               group("Fields in the line", found, "line")));
}

function pretty(line) {
  return JSON.stringify(JSON.parse(plainLine(line)), null, 2);
}

function fieldRow(field, view) {
  const only = `Only lines with ${field.name}="${field.value}"`;
  const without = `Without ${field.name}="${field.value}"`;
  return el("tr", {"data-field": field.name},
            el("td", {class: "field-tools"},
               iconButton("plus", only, () => view.onfilter(field, false), {class: "icon filter-in"}),
               iconButton("not", without, () => view.onfilter(field, true), {class: "icon filter-out"}),
               iconButton("copy", `Copy ${field.name}`, () => copy(field.value, "Value copied"))),
            el("td", {class: "field-name"}, field.name),
            el("td", {class: "field-value"},
               el("button", {type: "button", class: "as-text", title: only, onclick: () => view.onfilter(field, false)},
                  field.value === "" ? '""' : field.value)));
}
