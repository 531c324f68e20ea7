// The logs tab: one query over one range, shown as lines with their counts by level, or as a chart. What is asked for
// stands in the state; every change of it runs the query again.

import {loki, source} from "./api.js";
import {showContext} from "./context.js";
import {el} from "./dom.js";
import {Editor} from "./editor.js";
import {entriesOf, fieldsInLine} from "./entries.js";
import {entryRow} from "./entry_row.js";
import {Histogram} from "./histogram.js";
import {LabelBrowser} from "./label_browser.js";
import {LiveLines} from "./live_lines.js";
import {addStage, isMetricQuery, quote, selectorText, setMatcher, wantedTexts} from "./logql.js";
import {ListTools, QueryTools} from "./logs_tools.js";
import {MetricResult} from "./metric_result.js";
import {formatBytes, formatCount, formatSeconds} from "./numbers.js";
import {isBlank, onState, setState, state} from "./state.js";
import {formatStep, niceStep, resolveRange, toNs} from "./time.js";
import {VirtualList} from "./virtual_list.js";

const LIVE_COUNT_MS = 5000;  // how often the histogram is counted again while lines come in
const BARS = 90;
const POINTS = 300;

const NO_SOURCE = "This listener has no store and may not ask the Loki of its clients: see first_client and sources " +
    "of the section explorer in the configuration.";
const NO_LINES = "Nothing is stored in this range yet. As soon as lines arrive, their labels appear on the left.";

export class LogsTab {
  constructor() {
    this.range = resolveRange(state());
    this.editor = new Editor({onrun: (text) => this.submit(text), completions: (place) => this.namesFor(place)});
    this.browser = new LabelBrowser({range: () => this.range, query: () => this.editor.value.trim() || state().q,
                                     onquery: (q) => setState({q})});
    this.histogram = new Histogram({onzoom: (from, to) => this.zoom(from, to)});
    this.metric = new MetricResult();
    this.view = {withDay: false, wanted: [], ontoggle: (entry) => this.toggleRow(entry),
                 onfilter: (field, not) => this.filterBy(field, not), oncontext: showContext};
    this.list = new VirtualList({label: "Log lines", estimate: 21, render: (entry) => entryRow(entry, this.view),
                                 onend: () => this.loadMore()});
    this.list.element.addEventListener("keydown", (event) => this.onListKey(event));
    this.tools = new QueryTools({onrun: () => this.submit(this.editor.value), onwiden: () => this.widen(),
                                 onpause: () => this.togglePause()});
    this.listTools = new ListTools({entries: () => this.list.items});
    this.status = el("span", {class: "status", role: "status", "aria-live": "polite"});
    this.notice = el("p", {class: "notice", hidden: true});
    this.progress = el("div", {class: "progress", hidden: true});
    this.element = el("div", {class: "logs"}, this.progress,
        el("div", {class: "query"}, this.editor.element, this.tools.element),
        el("div", {class: "logs-main"}, this.browser.element,
           el("div", {class: "results"}, this.histogram.element, this.metric.element,
              el("div", {class: "list-bar"}, this.status, this.listTools.element), this.notice, this.list.element)));
  }

  async start() {
    onState((now, before) => this.onChange(now, before));
    this.drawTools();
    if (!source()) return this.run();
    const blank = isBlank();
    await this.browser.refresh();
    if (!state().q) this.makeUpQuery(blank);
    // A default that was filled in has run the query by itself.
    if (!this.ran) this.run();
  }

  // All there is; and, at the first visit, as it comes: that is what one wants to see first.
  makeUpQuery(blank) {
    const names = this.browser.names.map(({name}) => name);
    const name = ["service_name", "job", "app", ...names].find((one) => names.includes(one));
    if (name) setState({q: `{${name}=~".+"}`, ...(blank && {live: "1", from: "now-15m"})}, {replace: true});
  }

  // ---- from the state to the screen

  onChange(now, before) {
    const changed = (...keys) => keys.some((key) => now[key] !== before[key]);
    if (now.tab !== "logs") return this.stopLive();
    this.drawTools();
    if (changed("wrap")) this.list.refreshAll();
    if (changed("from", "to", "source")) this.labelsAreOld = true;
    if (changed("q", "from", "to", "limit", "dir", "live", "source", "tab")) this.run();
    if (changed("q")) this.browser.draw();
  }

  drawTools() {
    this.editor.value = state().q;
    this.tools.draw({paused: this.live?.paused});
    this.listTools.draw();
    this.element.classList.toggle("wrapped", Boolean(state().wrap));
    this.element.classList.toggle("without-labels", !state().labels);
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
    this.stopLive();
    const {signal} = this.abort = new AbortController();
    const now = state();
    this.range = resolveRange(now);
    this.failed = false;
    this.allLoaded = true;
    this.editor.setError(null);
    this.showNotices();
    this.drawTools();
    if (!source()) {
      this.showNothing();
      return this.editor.setError({message: NO_SOURCE});
    }
    if (!now.q) return this.showNothing([NO_LINES]);
    if (this.labelsAreOld) {
      this.labelsAreOld = false;
      this.browser.refresh();
    }
    const metric = isMetricQuery(now.q);
    this.element.classList.toggle("metric", metric);
    this.metric.element.hidden = !metric;
    this.progress.hidden = false;
    try {
      if (metric) await this.runMetric(signal);
      else if (now.live) this.startLive();
      else await Promise.all([this.runLines(signal), this.count(signal)]);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    }
    if (!signal.aborted) this.progress.hidden = true;
  }

  fail(error) {
    this.failed = true;
    this.editor.setError(error);
    this.list.set([]);
    this.drawStatus();
  }

  showNothing(notices) {
    this.histogram.reset();
    this.list.set([]);
    this.status.textContent = "";
    this.showNotices(notices);
  }

  showNotices(texts = []) {
    this.notice.hidden = !texts.length;
    this.notice.textContent = texts.join(" ");
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
    const bytes = answer.data.stats?.summary?.totalBytesProcessed;
    const seconds = (performance.now() - began) / 1000;
    this.cost = `${bytes === undefined ? "" : `${formatBytes(bytes)} read, `}${formatSeconds(seconds)}`;
    this.showNotices(answer.warnings);
    this.drawStatus();
  }

  prepareView() {
    this.view.wanted = wantedTexts(state().q);
    this.view.withDay = this.range.to - this.range.from > 24 * 3600000;
  }

  // The next lines, when the end of the list comes in sight.
  async loadMore() {
    if (this.allLoaded || this.loading || this.live) return;
    this.loading = true;
    this.progress.hidden = false;
    const {signal} = this.abort;
    const last = BigInt(this.list.items.at(-1).ns);
    const backward = state().dir === "backward";
    // With the last line's own time once more: others may share it; those that are there are known.
    const params = backward ? this.lineParams(toNs(this.range.from), `${last + 1n}`)
                            : this.lineParams(`${last}`, toNs(this.range.to));
    try {
      const answer = await loki("query_range", params, {signal, categorize: true});
      const entries = entriesOf(answer.data.result, backward, this.seen);
      this.allLoaded = entries.length === 0;
      this.list.append(entries);
      this.drawStatus();
    } catch (error) {
      if (signal.aborted) return;
      this.allLoaded = true;
      this.showNotices([`No more lines: ${error.message}`]);
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
    const lines = `${state().q}\n| drop __error__ [${formatStep(step)}]`;
    const query = `sum by (level, detected_level) (count_over_time(${lines}))`;
    const start = toNs((Math.floor(from / step) + 1) * step);
    const end = toNs(Math.ceil(to / step) * step);
    try {
      const answer = await loki("query_range", {query, start, end, step: `${step}ms`}, {signal});
      this.histogram.set(answer.data.result, {from, to, step});
    } catch {
      if (signal.aborted) return;
      this.histogram.reset();  // the lines say what is wrong
    }
    this.drawStatus();
  }

  async runMetric(signal) {
    const {from, to} = this.range;
    const step = niceStep(to - from, POINTS);
    const answer = await loki("query_range", {query: state().q, start: toNs(from), end: toNs(to), step: `${step}ms`},
                              {signal});
    const matrix = answer.data.resultType === "matrix" ? answer.data.result : [];
    const count = this.metric.set(matrix, {from, to, step});
    this.list.set([]);
    this.status.textContent = count ? `${formatCount(count)} series, a point every ${formatStep(step)}`
                                    : "No data in this range";
    this.showNotices(answer.warnings);
  }

  drawStatus() {
    const loaded = this.list.items.length;
    const total = this.histogram.total;
    const parts = [];
    if (loaded || this.live) {
      parts.push(`${formatCount(loaded)}${total > loaded && !this.live ? ` of ${formatCount(total)}` : ""} lines`);
    } else {
      parts.push("No lines match");
    }
    if (this.live) {
      const {trouble, paused, held, dropped} = this.live;
      parts.push(trouble || (paused ? `paused, ${formatCount(held.length)} waiting` : "live"));
      if (dropped) parts.push(`${formatCount(dropped)} left out, they came too fast`);
    } else if (this.cost) {
      parts.push(this.cost);
    }
    // Nobody wants to be read every line's arrival.
    this.status.setAttribute("aria-live", this.live ? "off" : "polite");
    this.status.textContent = this.failed ? "" : parts.join(" · ");
  }

  // ---- live

  startLive() {
    this.prepareView();
    this.live = new LiveLines(state().q, toNs(this.range.from), {
      list: this.list, backward: state().dir === "backward", indexed: () => this.browser.indexed,
      onchange: (error) => this.onLive(error),
    });
    this.drawTools();
    this.countLive();
  }

  stopLive() {
    this.live?.stop();
    this.live = undefined;
    clearTimeout(this.countTimer);
  }

  onLive(error) {
    if (error?.status === 400) return this.fail(error);
    // The first lines of all: now there are labels.
    if (!this.browser.names.length && this.list.items.length) this.browser.refresh();
    this.drawStatus();
  }

  async countLive() {
    const {signal} = this.abort;
    if (!this.live.paused) {
      this.range = resolveRange(state());
      await this.count(signal);
    }
    if (this.live && !signal.aborted) this.countTimer = setTimeout(() => this.countLive(), LIVE_COUNT_MS);
  }

  togglePause() {
    if (!this.live) return;
    this.live.togglePause();
    this.drawTools();
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
    const by = {ArrowDown: 1, j: 1, ArrowUp: -1, k: -1}[event.key];
    if (by && !event.ctrlKey && !event.metaKey && this.step(by)) event.preventDefault();
  }

  // To the next line, at first to the first that is to be seen. False: there is none.
  step(by) {
    const {items, rows} = this.list;
    const focused = items.findIndex((item) => rows.get(item) === document.activeElement);
    const next = focused < 0 ? this.list.rowAt(this.list.element.scrollTop) : focused + by;
    if (next < 0 || next >= items.length) return false;
    this.list.scrollTo(next);
    rows.get(items[next])?.focus({preventScroll: true});
    return true;
  }

  // ---- names for the editor

  // What the index knows, or fields of the lines that are loaded.
  async namesFor({kind, label, selector}) {
    const times = {start: toNs(this.range.from), end: toNs(this.range.to)};
    if (kind === "field") return this.fieldNames();
    if (kind === "label") {
      const names = (await loki("labels", times)).data ?? [];
      return [...new Set([...names, ...(selectorText(this.editor.value) ? this.fieldNames() : [])])];
    }
    const found = await loki(`label/${encodeURIComponent(label)}/values`, {...times, query: selector || undefined});
    if (found.data?.length) return found.data;
    const values = this.list.items.slice(0, 500).map(({parsed, meta}) => parsed[label] ?? meta[label]);
    return [...new Set(values.filter((value) => value !== undefined))].sort();
  }

  fieldNames() {
    const names = new Set();
    for (const {labels, meta, parsed, line} of this.list.items.slice(0, 200)) {
      for (const group of [labels, meta, parsed]) Object.keys(group).forEach((name) => names.add(name));
      fieldsInLine(line)?.fields.forEach(([name]) => names.add(name));
    }
    return [...names].sort();
  }
}
