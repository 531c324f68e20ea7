// The metrics tab: this process's own counters, looked at every two seconds, as small charts that move. What was seen
// before the page was opened nobody kept; a Prometheus does that.

import {metricsText, place} from "./api.js";
import {Chart} from "./chart.js";
import {clear, el} from "./dom.js";
import {formatBytes, formatCount, formatSeconds, formatValue} from "./numbers.js";
import {parseExposition, quantileOf, rateOf, sumOf} from "./prometheus.js";
import {state} from "./state.js";

const LOOK_MS = 2000;
const KEPT_MS = 10 * 60000;
const WINDOW_MS = 10000;  // of rates and quantiles

const perSecond = (number) => `${formatValue(number)}/s`;
const bytesPerSecond = (number) => `${formatBytes(number)}/s`;
const percent = (number) => `${formatValue(number * 100)}%`;

const KINDS = new Map([[formatBytes, "bytes"], [bytesPerSecond, "bytes"], [formatCount, "whole"]]);

const rate = (name, wanted) => (before, after) => rateOf(before, after, name, wanted);
const value = (name, wanted) => (_, after) => sumOf(after.samples, name, wanted);
const quantile = (name, share) => (before, after) => before && quantileOf(before, after, name, share);

const errorShare = (before, after) => {
  const all = rateOf(before, after, "http_requests_total");
  if (all === undefined) return undefined;
  return all === 0 ? 0 : (rateOf(before, after, "http_requests_total", {status: /^5/}) ?? 0) / all;
};
const answered = {status_code: /^2/};

// A chart is there if any of its lines has a value. The first line is the figure beside its title.
const GROUPS = [
  {title: "App", charts: [
    {title: "Requests", format: perSecond, lines: {requests: rate("http_requests_total")}},
    {title: "Errors", format: percent, lines: {"5xx": errorShare}},
    {title: "Latency", format: formatSeconds, lines: {
      p50: quantile("http_request_latency_seconds", 0.5), p95: quantile("http_request_latency_seconds", 0.95),
      p99: quantile("http_request_latency_seconds", 0.99)}},
    {title: "Log lines written", format: perSecond, lines: {lines: rate("my_app_log_lines_total")}},
  ]},
  {title: "Shipping", charts: [
    {title: "Lines", format: perSecond, lines: {
      sent: rate("promtail_sent_entries_total"), read: rate("promtail_read_lines_total")}},
    {title: "Bytes", format: bytesPerSecond, lines: {
      "sent, compressed": rate("promtail_sent_bytes_total"), encoded: rate("promtail_encoded_bytes_total")}},
    {title: "Lag of files", format: formatBytes, lines: {lag: value("tailrace_file_lag_bytes")}},
    {title: "Push latency", format: formatSeconds, lines: {
      p50: quantile("promtail_request_duration_seconds", 0.5),
      p99: quantile("promtail_request_duration_seconds", 0.99)}},
    {title: "Retries", format: perSecond, lines: {retries: rate("promtail_batch_retries_total")}},
    {title: "Dropped lines", format: perSecond, lines: {dropped: rate("promtail_dropped_entries_total")}},
    {title: "Files tailed", format: formatCount, lines: {files: value("promtail_files_active_total")}},
  ]},
  {title: "Store", charts: [
    {title: "Lines taken in", format: perSecond, lines: {lines: rate("tailrace_store_lines_total")}},
    {title: "Bytes taken in", format: bytesPerSecond, lines: {bytes: rate("tailrace_store_line_bytes_total")}},
    {title: "Commit latency", format: formatSeconds, lines: {
      p50: quantile("tailrace_store_commit_seconds", 0.5), p99: quantile("tailrace_store_commit_seconds", 0.99)}},
    {title: "API requests", format: perSecond, lines: {requests: rate("tailrace_store_http_requests_total")}},
    {title: "On disk", format: formatBytes, lines: {bytes: value("tailrace_store_disk_bytes")}},
    {title: "Streams", format: formatCount, lines: {streams: value("tailrace_store_streams")}},
  ]},
  {title: "Process", charts: [
    {title: "CPU", format: percent, lines: {"of one core": rate("process_cpu_seconds_total")}},
    {title: "Memory", format: formatBytes, lines: {resident: value("process_resident_memory_bytes")}},
    {title: "Open files", format: formatCount, lines: {files: value("process_open_fds")}},
  ]},
];

export class MetricsTab {
  constructor() {
    this.looks = [];  // {at, samples}, oldest first
    this.notice = el("p", {class: "notice", hidden: true});
    this.table = new MetricsTable();
    this.groups = GROUPS.map(({title, charts}) => {
      const cards = charts.map((chart) => new Card(chart));
      return {cards, element: el("section", {class: "group"}, el("h2", {}, title),
                                 el("div", {class: "cards"}, cards.map((card) => card.element)))};
    });
    this.element = el("div", {class: "metrics page"}, this.notice, this.groups.map(({element}) => element),
                      this.table.element);
  }

  start() {
    if (this.timer) return;
    if (!place.metrics) {
      this.notice.hidden = false;
      this.notice.textContent = "This listener has no /metrics (register_instrumentation: false).";
      return;
    }
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.look();
  }

  // Looks go on in the background once begun, so that the charts have no hole; not when nobody sees the page.
  async look() {
    if (document.hidden || this.looking) return;
    this.looking = true;
    try {
      const samples = parseExposition(await metricsText());
      const now = {at: Date.now(), samples};
      const before = this.looks.find(({at}) => at >= now.at - WINDOW_MS);
      this.looks.push(now);
      while (this.looks[0].at < now.at - WINDOW_MS) this.looks.shift();
      for (const {cards} of this.groups) for (const card of cards) card.add(before, now);
      this.notice.hidden = true;
      if (state().tab === "metrics") this.draw(now);
    } catch (error) {
      this.notice.hidden = false;
      this.notice.textContent = error.message;
    } finally {
      this.looking = false;
    }
  }

  draw(now = this.looks.at(-1)) {
    if (!now) return;
    for (const {cards, element} of this.groups) {
      for (const card of cards) card.draw(now.at);
      element.hidden = cards.every((card) => card.element.hidden);
    }
    this.table.draw(now.samples);
  }
}

class Card {
  constructor({title, format, lines}) {
    this.format = format;
    this.lines = Object.entries(lines).map(([name, compute]) => ({name, compute, points: []}));
    this.figure = el("b", {class: "figure"});
    this.chart = new Chart({label: title, height: 110, format, left: 62, kind: KINDS.get(format)});
    this.element = el("article", {class: "card", "data-chart": title, hidden: true},
                      el("header", {}, el("h3", {}, title), this.figure), this.chart.element,
                      this.lines.length > 1 && el("div", {class: "legend"}, this.lines.map(({name}, index) =>
                          el("span", {class: "legend-item"}, el("i", {class: `swatch line-back-${index}`}), name))));
  }

  add(before, now) {
    for (const line of this.lines) {
      const found = line.compute(before, now);
      if (Number.isFinite(found)) line.points.push([now.at, found]);
      while (line.points.length && line.points[0][0] < now.at - KEPT_MS) line.points.shift();
      line.last = found;
      // What exists but has not yet two looks to compare.
      line.known ||= found !== undefined || line.compute(now, now) !== undefined;
    }
  }

  draw(at) {
    this.element.hidden = !this.lines.some(({known}) => known);
    if (this.element.hidden) return;
    const {last} = this.lines[0];
    this.figure.textContent = Number.isFinite(last) ? this.format(last) : "–";
    const first = Math.min(at - 60000, ...this.lines.map(({points}) => points[0]?.[0] ?? at));
    this.chart.set(this.lines, {from: first, to: at, gap: 5 * LOOK_MS});
  }
}

// Every sample there is, to be searched.
class MetricsTable {
  constructor() {
    this.body = el("tbody", {});
    this.filter = el("input", {type: "search", placeholder: "Filter by name or label", "aria-label": "Filter metrics",
                               oninput: () => this.draw(this.samples)});
    this.details = el("details", {class: "all-metrics", ontoggle: () => this.draw(this.samples)},
                      el("summary", {}, "All metrics"), this.filter, el("div", {class: "scroll"},
                      el("table", {class: "plain"}, this.body)));
    this.element = this.details;
  }

  draw(samples) {
    this.samples = samples;
    if (!this.details.open || !samples) return;
    const wanted = this.filter.value.toLowerCase();
    const rows = [];
    for (const [name, list] of samples) {
      if (name.endsWith("_bucket")) continue;
      for (const {labels, value: number} of list) {
        const text = Object.entries(labels).map(([key, label]) => `${key}="${label}"`).join(", ");
        if (wanted && !`${name}{${text}}`.toLowerCase().includes(wanted)) continue;
        rows.push(el("tr", {}, el("td", {}, el("code", {}, name, text && el("span", {class: "quiet"}, ` ${text}`))),
                     el("td", {class: "number"}, formatValue(number))));
      }
    }
    clear(this.body, ...rows.slice(0, 1000));
  }
}
