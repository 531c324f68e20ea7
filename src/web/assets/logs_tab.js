// The logs tab: one query over one range, shown as lines, as counts by level, or as a chart. What is asked for stands in
// the state; every change of it runs the query again.

import {loki, source} from "./api.js";
import {Chart} from "./chart.js";
import {showContext} from "./context.js";
import {clear, copy, el, iconButton, iconOf, save} from "./dom.js";
import {Editor} from "./editor.js";
import {entriesOf, fieldsInLine, jsonOf} from "./entries.js";
import {entryRow} from "./entry_row.js";
import {Histogram} from "./histogram.js";
import {LabelBrowser} from "./label_browser.js";
import {addStage, isMetricQuery, quote, selectorText, setMatcher, wantedTexts} from "./logql.js";
import {formatBytes, formatCount, formatSeconds, formatValue} from "./numbers.js";
import {RangePicker} from "./range_picker.js";
import {isBlank, onState, setState, state} from "./state.js";
import {Tail} from "./tail.js";
import {formatStamp, formatStep, niceStep, resolveRange, toNs} from "./time.js";
import {VirtualList} from "./virtual_list.js";

const LIVE_LINES_MAX = 10000;
const LIVE_COUNT_MS = 5000;  // how often the histogram is counted again while lines come in
const LIMITS = [100, 500, 1000, 5000];
const BARS = 90;
const POINTS = 300;

export class LogsTab {
  constructor() {
    this.editor = new Editor({onrun: (text) => this.submit(text), completions: (what) => this.complete(what)});
    this.picker = new RangePicker({value: state, onchange: (range) => setState({...range, live: ""})});
    this.browser = new LabelBrowser({range: () => this.range, query: () => this.editor.value.trim() || state().q,
                                     onquery: (q) => setState({q})});
    this.histogram = new Histogram({onzoom: (from, to) => this.zoom(from, to)});
    this.chart = new Chart({label: "Result of the query"});
    this.chartLegend = el("table", {class: "series"});
    this.chartBox = el("section", {class: "result-chart", hidden: true}, this.chart.element, this.chartLegend);
    this.list = new VirtualList({label: "Log lines", estimate: 21, render: (entry) => entryRow(entry, this.view),
                                 onend: () => this.loadMore()});
    this.view = {withDay: false, wanted: [], ontoggle: (entry) => this.toggleRow(entry),
                 onfilter: (field, not) => this.filterBy(field, not), oncontext: showContext};
    this.list.element.addEventListener("keydown", (event) => this.onListKey(event));
    this.status = el("span", {class: "status", role: "status", "aria-live": "polite"});
    this.notice = el("p", {class: "notice", hidden: true});
    this.range = resolveRange(state());
    this.buildTools();
    this.element = el("div", {class: "logs"},
        el("div", {class: "query"}, this.editor.element, el("div", {class: "query-tools"}, this.tools)),
        el("div", {class: "logs-main"}, this.browser.element,
           el("div", {class: "results"}, this.histogram.element, this.chartBox,
              el("div", {class: "list-bar"}, this.status, this.listTools), this.notice, this.list.element)));
    this.progress = el("div", {class: "progress", hidden: true});
    this.element.prepend(this.progress);
  }

  buildTools() {
    this.runButton = el("button", {type: "button", class: "primary", title: "Run the query (Enter)",
                                   onclick: () => this.submit(this.editor.value)}, "Run");
    this.liveButton = el("button", {type: "button", class: "live", "aria-pressed": "false", title: "Show new lines as they come (l)",
                                    onclick: () => this.toggleLive()}, el("i", {class: "dot"}), el("span", {}, "Live"));
    this.pauseButton = el("button", {type: "button", hidden: true, title: "Hold new lines back (p)", "aria-pressed": "false",
                                     onclick: () => this.togglePause()}, el("span", {}, "Pause"));
    this.limit = el("select", {"aria-label": "Lines at a time", title: "Lines at a time",
                               onchange: () => setState({limit: this.limit.value})},
                    LIMITS.map((count) => el("option", {value: String(count)}, `${count} lines`)));
    this.zoomOut = iconButton("minus", "A range twice as wide (z)", () => this.widen());
    this.labelsButton = iconButton("tags", "Labels (b)", () => setState({labels: state().labels ? "" : "1"}, {replace: true}));
    this.tools = [this.labelsButton, this.picker.element, this.zoomOut, this.limit,
                  el("span", {class: "spring"}), this.pauseButton, this.liveButton, this.runButton];
    this.dirButton = iconButton("swap", "Oldest first", () =>
        setState({dir: state().dir === "backward" ? "forward" : "backward"}));
    this.wrapButton = iconButton("wrap", "Wrap long lines (w)", () => setState({wrap: state().wrap ? "" : "1"}, {replace: true}));
    this.listTools = el("span", {class: "list-tools"}, this.dirButton, this.wrapButton,
        iconButton("link", "Copy a link to this view", () => copy(location.href, "Link copied")),
        iconButton("copy", "Copy all loaded lines", () => copy(this.text(), "Lines copied")),
        el("button", {type: "button", class: "with-icon", title: "Download the loaded lines as text",
                      onclick: () => save("logs.txt", "text/plain", this.text())}, iconOf("down"), "Text"),
        el("button", {type: "button", class: "with-icon", title: "Download the loaded lines as JSON",
                      onclick: () => save("logs.json", "application/json",
                                          `${JSON.stringify(this.list.items.map(jsonOf), null, 1)}\n`)},
           iconOf("down"), "JSON"));
  }

  async start() {
    onState((now, before) => this.onChange(now, before));
    if (!source()) {
      this.editor.setError({message: "This listener has no store and may not ask the Loki of its clients. " +
          "See explorer: in the configuration, and docs/explorer.md."});
      return;
    }
    this.drawTools();
    const blank = isBlank();
    await this.browser.refresh();
    if (!state().q) {
      const names = this.browser.names.map(({name}) => name);
      const name = ["service_name", "job", "app", ...names].find((one) => names.includes(one));
      // What arrives is what one wants to see first.
      if (name) setState({q: `{${name}=~".+"}`, ...(blank && {live: "1", from: "now-15m"})}, {replace: true});
      else this.showNothing();
    }
    // Filling in a default runs the query by itself.
    if (!this.ran) this.run();
  }

  // ---- from the state to the screen

  onChange(now, before) {
    const changed = (...keys) => keys.some((key) => now[key] !== before[key]);
    if (now.tab !== "logs") return this.stopTail();
    this.drawTools();
    if (changed("wrap")) this.list.refreshAll();
    if (changed("from", "to", "source")) this.rangeChanged = true;
    if (changed("q", "from", "to", "limit", "dir", "live", "source", "tab")) this.run();
    if (changed("q")) this.browser.draw();
  }

  drawTools() {
    const now = state();
    this.editor.value = now.q;
    this.limit.value = now.limit;
    this.picker.draw();
    const backward = now.dir === "backward";
    this.dirButton.setAttribute("aria-label", backward ? "Newest first; show oldest first" : "Oldest first; show newest first");
    this.dirButton.title = this.dirButton.getAttribute("aria-label");
    this.wrapButton.setAttribute("aria-pressed", String(Boolean(now.wrap)));
    this.labelsButton.setAttribute("aria-pressed", String(Boolean(now.labels)));
    this.liveButton.setAttribute("aria-pressed", String(Boolean(now.live)));
    this.pauseButton.hidden = !now.live;
    this.element?.classList.toggle("wrapped", Boolean(now.wrap));
    this.element?.classList.toggle("without-labels", !now.labels);
  }

  submit(text) {
    text = text.trim();
    if (text !== state().q) setState({q: text});
    else this.run();
  }

  // ---- queries

  async run() {
    this.ran = true;
    this.abort?.abort();
    this.stopTail();
    const {signal} = this.abort = new AbortController();
    const now = state();
    this.range = resolveRange(now);
    this.picker.draw();
    this.failed = false;
    this.editor.setError(null);
    this.notice.hidden = true;
    this.allLoaded = true;
    if (!now.q) return this.showNothing();
    if (this.rangeChanged) {
      this.rangeChanged = false;
      this.browser.refresh();
    }
    const metric = isMetricQuery(now.q);
    this.element.classList.toggle("metric", metric);
    this.chartBox.hidden = !metric;
    this.progress.hidden = false;
    try {
      if (metric) await this.runMetric(signal);
      else if (now.live) this.startTail();
      else await Promise.all([this.runLines(signal), this.count(signal)]);
    } catch (error) {
      if (error.name !== "AbortError" && !signal.aborted) this.fail(error);
    }
    if (!signal.aborted) this.progress.hidden = true;
  }

  fail(error) {
    this.failed = true;
    this.editor.setError(error);
    this.status.textContent = "";
  }

  showNothing() {
    this.histogram.reset();
    this.list.set([]);
    this.status.textContent = "";
    this.notice.hidden = false;
    this.notice.textContent = "Nothing is stored in this range yet. As soon as lines arrive, their labels appear on the left.";
  }

  lineParams(start, end) {
    return {query: state().q, direction: state().dir, limit: state().limit, start, end};
  }

  async runLines(signal) {
    const began = performance.now();
    const answer = await loki("query_range", this.lineParams(toNs(this.range.from), toNs(this.range.to)),
                              {signal, categorize: true});
    this.seen = new Set();
    const entries = entriesOf(answer.data.result, state().dir === "backward", this.seen);
    this.prepareView();
    this.list.set(entries);
    this.allLoaded = entries.length < Number(state().limit);
    const {totalBytesProcessed: bytes} = answer.data.stats?.summary ?? {};
    this.cost = `${bytes === undefined ? "" : `${formatBytes(bytes)} read, `}${formatSeconds((performance.now() - began) / 1000)}`;
    this.showNotices(answer.warnings);
    this.drawStatus();
  }

  showNotices(warnings = []) {
    this.notice.hidden = !warnings.length;
    this.notice.textContent = warnings.join(" ");
  }

  prepareView() {
    this.view.wanted = wantedTexts(state().q);
    this.view.withDay = this.range.to - this.range.from > 24 * 3600000;
  }

  // The next lines, when the end of the list comes in sight.
  async loadMore() {
    if (this.allLoaded || this.loading || this.tail) return;
    this.loading = true;
    const {signal} = this.abort;
    const last = BigInt(this.list.items.at(-1).ns);
    const backward = state().dir === "backward";
    this.progress.hidden = false;
    try {
      // With the last line's own time once more: others may share it; those that are there are known.
      const params = backward ? this.lineParams(toNs(this.range.from), `${last + 1n}`)
                              : this.lineParams(`${last}`, toNs(this.range.to));
      const answer = await loki("query_range", params, {signal, categorize: true});
      if (signal.aborted) return;
      const entries = entriesOf(answer.data.result, backward, this.seen);
      this.allLoaded = entries.length === 0;
      this.list.append(entries);
      this.drawStatus();
    } catch (error) {
      if (!signal.aborted) this.fail(error);
      this.allLoaded = true;
    } finally {
      this.loading = false;
      if (!signal.aborted) this.progress.hidden = true;
    }
  }

  // Lines by level over the range.
  async count(signal) {
    const {from, to} = this.range;
    const step = niceStep(to - from, BARS);
    // A line feed first: the query may end with a comment.
    const query = `sum by (level, detected_level) (count_over_time(${state().q}\n| drop __error__ [${formatStep(step)}]))`;
    const start = (Math.floor(from / step) + 1) * step;
    const end = Math.ceil(to / step) * step;
    try {
      const answer = await loki("query_range", {query, start: toNs(start), end: toNs(end), step: `${step}ms`}, {signal});
      if (!signal.aborted) this.histogram.set(answer.data.result, {from, to, step});
    } catch (error) {
      if (error.name === "AbortError") return;
      this.histogram.reset();  // the lines say what is wrong
    }
    this.drawStatus();
  }

  drawStatus() {
    if (this.failed) return;
    const loaded = this.list.items.length;
    const total = this.histogram.total;
    const of = total > loaded && !this.tail ? ` of ${formatCount(total)}` : "";
    const parts = [`${formatCount(loaded)}${of} lines`];
    if (this.tail) parts.push(this.tailState || (this.paused ? `paused, ${formatCount(this.held.length)} waiting` : "live"));
    else if (this.cost) parts.push(this.cost);
    if (this.dropped) parts.push(`${formatCount(this.dropped)} left out, they came too fast`);
    if (!loaded && !this.tail) parts[0] = "No lines match";
    this.status.textContent = parts.join(" · ");
  }

  async runMetric(signal) {
    const {from, to} = this.range;
    const step = niceStep(to - from, POINTS);
    const answer = await loki("query_range", {query: state().q, start: toNs(from), end: toNs(to), step: `${step}ms`}, {signal});
    if (signal.aborted) return;
    const series = answer.data.resultType === "matrix"
        ? answer.data.result.map(({metric, values}) => ({
          name: nameOf(metric), points: values.map(([seconds, text]) => [seconds * 1000, Number(text)])})) : [];
    this.chart.set(series, {from, to, gap: 1.5 * step});
    this.drawSeries(series);
    this.list.set([]);
    this.status.textContent = series.length ? `${formatCount(series.length)} series, a point every ${formatStep(step)}`
                                            : "No data in this range";
    this.showNotices(answer.warnings);
  }

  drawSeries(series) {
    const rows = series.map(({name, points}, index) => {
      const values = points.map(([, value]) => value).filter(Number.isFinite);
      const mean = values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
      const cell = (value) => el("td", {class: "number"}, value === undefined ? "" : formatValue(value));
      return el("tr", {}, el("td", {}, el("i", {class: `swatch line-back-${index % 8}`}), name), cell(values.at(-1)),
                cell(mean), cell(values.length ? values.reduce((a, b) => Math.max(a, b)) : undefined));
    });
    clear(this.chartLegend, rows.length ? el("thead", {}, el("tr", {}, ["Series", "Last", "Mean", "Max"].map((title) =>
        el("th", {scope: "col"}, title)))) : null, el("tbody", {}, rows));
  }

  // ---- live

  toggleLive() {
    // A tail ends now; so does its range.
    setState(state().live ? {live: ""} : {live: "1", to: "now", from: /^now-/.test(state().from) ? state().from : "now-15m"});
  }

  startTail() {
    this.seen = new Set();
    this.held = [];
    this.dropped = 0;
    this.paused = false;
    this.tailState = "connecting";
    this.pauseButton.setAttribute("aria-pressed", "false");
    this.pauseButton.textContent = "Pause";
    this.prepareView();
    this.list.set([]);
    this.tail = new Tail(state().q, toNs(this.range.from), {
      onstreams: (streams) => this.onLive(streams),
      onstate: (text, error) => {
        this.tailState = text;
        if (error?.status === 400) this.fail(error);
        this.drawStatus();
      },
      ondropped: (count) => { this.dropped += count; this.drawStatus(); },
    });
    this.countLive();
  }

  stopTail() {
    this.tail?.stop();
    this.tail = undefined;
    clearTimeout(this.countTimer);
  }

  async countLive() {
    const {signal} = this.abort;
    if (!this.paused) {
      this.range = resolveRange(state());
      await this.count(signal).catch(() => {});
    }
    if (this.tail && !signal.aborted) this.countTimer = setTimeout(() => this.countLive(), LIVE_COUNT_MS);
  }

  onLive(streams) {
    const backward = state().dir === "backward";
    const entries = entriesOf(streams, backward, this.seen, this.browser.indexed);
    if (this.seen.size > 4 * LIVE_LINES_MAX) this.seen.clear();
    if (!this.browser.names.length) this.browser.refresh();
    this.notice.hidden = true;
    if (this.paused) {
      this.held = backward ? [...entries, ...this.held] : [...this.held, ...entries];
      if (this.held.length > LIVE_LINES_MAX) this.held.length = LIVE_LINES_MAX;
    } else {
      this.addLive(entries);
    }
    this.drawStatus();
  }

  addLive(entries) {
    if (state().dir === "backward") {
      this.list.prepend(entries);
      this.list.trim(LIVE_LINES_MAX, true);
    } else {
      const view = this.list.element;
      const atEnd = view.scrollTop + view.clientHeight > view.scrollHeight - 4;
      this.list.append(entries);
      this.list.trim(LIVE_LINES_MAX, false);
      if (atEnd) requestAnimationFrame(() => { view.scrollTop = view.scrollHeight; });
    }
  }

  togglePause() {
    if (!this.tail) return;
    this.paused = !this.paused;
    this.pauseButton.setAttribute("aria-pressed", String(this.paused));
    this.pauseButton.textContent = this.paused ? "Resume" : "Pause";
    if (!this.paused) {
      this.addLive(this.held);
      this.held = [];
    }
    this.drawStatus();
  }

  // ---- what is done with the mouse and the keys

  toggleRow(entry) {
    entry.open = !entry.open;
    this.list.refresh(entry);
    this.list.rows.get(entry)?.focus({preventScroll: true});
  }

  // A field of an opened line becomes part of the query, at the place where such a field belongs.
  filterBy({kind, name, value, parser}, not) {
    const op = not ? "!=" : "=";
    const query = state().q;
    if (isMetricQuery(query)) return;
    const filter = `| ${name}${op}${quote(value)}`;
    if (kind === "label") setState({q: setMatcher(query, name, op, value)});
    else if (kind === "line") setState({q: addStage(addStage(query, `| ${parser}`), filter)});
    else setState({q: addStage(query, filter)});
  }

  zoom(from, to) {
    const text = (ms) => new Date(ms).toISOString();
    setState({from: text(Math.floor(from)), to: text(Math.ceil(to)), live: ""});
  }

  widen() {
    const {from, to} = resolveRange(state());
    const half = (to - from) / 2;
    this.zoom(from - half, Math.min(Date.now(), to + half));
  }

  onListKey(event) {
    const step = {ArrowDown: 1, j: 1, ArrowUp: -1, k: -1}[event.key];
    if (!step || event.ctrlKey || event.metaKey) return;
    const {items, rows} = this.list;
    const focused = items.findIndex((item) => rows.get(item) === document.activeElement);
    const next = focused < 0 ? this.list.rowAt(this.list.element.scrollTop) : focused + step;
    if (next < 0 || next >= items.length) return;
    event.preventDefault();
    this.list.scrollTo(next);
    rows.get(items[next])?.focus({preventScroll: true});
  }

  focusList() {
    this.list.element.focus();
  }

  text() {
    return this.list.items.map((entry) => `${formatStamp(entry.ns, true)} ${entry.line}\n`).join("");
  }

  // Names for the editor: what the index knows, or fields of the lines that are loaded.
  async complete({kind, label, selector}) {
    const times = {start: toNs(this.range.from), end: toNs(this.range.to)};
    if (kind === "label") {
      const selected = selectorText(this.editor.value);
      const names = (await loki("labels", times)).data ?? [];
      return [...new Set([...names, ...(selected ? this.fieldNames() : [])])];
    }
    if (kind === "field") return this.fieldNames();
    const found = await loki(`label/${encodeURIComponent(label)}/values`, {...times, query: selector || undefined});
    if (found.data?.length) return found.data;
    const seen = new Set();
    for (const entry of this.list.items.slice(0, 500)) {
      const value = entry.parsed[label] ?? entry.meta[label];
      if (value !== undefined) seen.add(value);
    }
    return [...seen].sort();
  }

  fieldNames() {
    const names = new Set();
    for (const entry of this.list.items.slice(0, 200)) {
      for (const group of [entry.labels, entry.meta, entry.parsed]) Object.keys(group).forEach((name) => names.add(name));
      fieldsInLine(entry.line)?.fields.forEach(([name]) => names.add(name));
    }
    return [...names].sort();
  }
}

function nameOf(metric) {
  const pairs = Object.entries(metric).map(([name, value]) => `${name}="${value}"`);
  return pairs.length ? `{${pairs.join(", ")}}` : "value";
}

