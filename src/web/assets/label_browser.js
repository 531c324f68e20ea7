// The labels beside the logs: every name with how many values it has, every value with how much was written under it.
// A click makes it part of the query.

import {loki} from "./api.js";
import {clear, el, iconButton} from "./dom.js";
import {dropMatcher, firstSelector, setMatcher} from "./logql.js";
import {formatBytes} from "./numbers.js";
import {toNs} from "./time.js";

const VALUES_MAX = 500;

export class LabelBrowser {
  // range() -> {from, to}; query() -> text; onquery(text): a query that was changed by a click.
  constructor({range, query, onquery}) {
    this.range = range;
    this.query = query;
    this.onquery = onquery;
    this.names = [];
    this.open = new Set();
    this.filter = el("input", {type: "search", placeholder: "Filter labels", "aria-label": "Filter labels",
                               oninput: () => this.draw()});
    this.list = el("div", {class: "label-list"});
    this.element = el("aside", {class: "labels", "aria-label": "Labels"},
                      el("div", {class: "labels-head"}, this.filter), this.list);
    this.values = new Map();  // name -> [[value, bytes]], or a promise's error text
  }

  // The index's names, known or not yet.
  get indexed() {
    return this.names.length ? new Set(this.names.map(({name}) => name)) : null;
  }

  times() {
    const {from, to} = this.range();
    return {start: toNs(from), end: toNs(to)};
  }

  async refresh() {
    const times = this.times();
    try {
      const [names, detected] = await Promise.all([
        loki("labels", times),
        loki("detected_labels", times).catch(() => ({})),  // a Loki may not have it; then there are no numbers
      ]);
      const counts = new Map((detected.detectedLabels ?? []).map(({label, cardinality}) => [label, cardinality]));
      this.names = (names.data ?? []).filter((name) => !name.startsWith("__"))
                       .map((name) => ({name, count: counts.get(name)}));
      this.error = "";
    } catch (error) {
      this.error = error.message;
    }
    this.values.clear();
    await Promise.all([...this.open].map((name) => this.load(name)));
    this.draw();
  }

  async load(name) {
    const times = this.times();
    try {
      const [values, volumes] = await Promise.all([
        loki(`label/${encodeURIComponent(name)}/values`, times),
        loki("index/volume", {...times, query: `{${name}=~".+"}`, targetLabels: name, limit: VALUES_MAX})
            .catch(() => ({})),
      ]);
      const bytes = new Map((volumes.data?.result ?? []).map(({metric, value}) => [metric[name], Number(value[1])]));
      this.values.set(name, (values.data ?? []).map((value) => [value, bytes.get(value)])
          .sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0) || (a[0] < b[0] ? -1 : 1)));
    } catch (error) {
      this.values.set(name, error.message);
    }
  }

  async toggle(name) {
    if (this.open.delete(name)) return this.draw();
    this.open.add(name);
    this.draw();
    await this.load(name);
    this.draw();
  }

  draw() {
    const wanted = this.filter.value.toLowerCase();
    const matchers = firstSelector(this.query())?.matchers ?? [];
    const shown = this.names.filter(({name}) => name.toLowerCase().includes(wanted) ||
        (this.open.has(name) && Array.isArray(this.values.get(name)) &&
         this.values.get(name).some(([value]) => value.toLowerCase().includes(wanted))));
    clear(this.list, this.error && el("p", {class: "quiet"}, this.error),
          shown.length === 0 && !this.error ? el("p", {class: "quiet"}, "No labels in this range.") : null,
          ...shown.map((label) => this.section(label, wanted, matchers)));
  }

  section({name, count}, wanted, matchers) {
    const open = this.open.has(name);
    const used = matchers.some((matcher) => matcher.name === name);
    const known = this.values.get(name);
    return el("section", {class: "label"},
              el("button", {type: "button", class: `label-name${used ? " used" : ""}`, "aria-expanded": String(open),
                            onclick: () => this.toggle(name)},
                 el("span", {}, name), el("small", {}, Array.isArray(known) ? known.length : count ?? "")),
              open && (known === undefined ? el("p", {class: "quiet"}, "…")
                       : typeof known === "string" ? el("p", {class: "quiet"}, known)
                       : this.valueList(name, known, wanted, matchers)));
  }

  valueList(name, values, wanted, matchers) {
    const most = Math.max(1, ...values.map(([, bytes]) => bytes ?? 0));
    const byName = name.toLowerCase().includes(wanted);
    const shown = byName ? values : values.filter(([value]) => value.toLowerCase().includes(wanted));
    return el("ul", {class: "values"}, shown.slice(0, VALUES_MAX).map(([value, bytes]) => {
      const used = matchers.some((m) => m.name === name && m.value === value && m.op === "=");
      const bar = el("i", {class: "share", "aria-hidden": "true"});
      bar.style.width = `${100 * (bytes ?? 0) / most}%`;
      return el("li", {class: used ? "used" : null},
                bar,
                el("button", {type: "button", class: "value", "aria-pressed": String(used),
                              title: used ? "Take it out of the query" : `Only ${name}="${value}"`,
                              onclick: () => this.use(name, value, used)},
                   el("span", {}, value || '""'), el("small", {}, bytes === undefined ? "" : formatBytes(bytes))),
                iconButton("not", `Without ${name}="${value}"`,
                           () => this.onquery(setMatcher(this.query(), name, "!=", value))));
    }));
  }

  use(name, value, used) {
    this.onquery(used ? dropMatcher(this.query(), name, `${name}=~".+"`) : setMatcher(this.query(), name, "=", value));
  }
}
