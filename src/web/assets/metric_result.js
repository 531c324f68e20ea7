// The result of a metric query: a chart, and a table of its series.

import {Chart, colorsOf} from "./chart.js";
import {clear, el} from "./dom.js";
import {levelOf} from "./levels.js";
import {formatValue} from "./numbers.js";

export class MetricResult {
  constructor() {
    this.chart = new Chart({label: "Result of the query"});
    this.table = el("table", {class: "series"});
    this.element = el("section", {class: "result-chart", hidden: true}, this.chart.element, this.table);
  }

  // Of a matrix; returns how many series there are. Points further apart than `step` are not joined.
  set(matrix, {from, to, step}) {
    const series = matrix.map(({metric, values}) => ({
      name: nameOf(metric),
      level: levelAlone(metric),
      points: values.map(([seconds, text]) => [seconds * 1000, Number(text)]),
    }));
    this.chart.set(series, {from, to, gap: 1.5 * step});
    this.draw(series);
    return series.length;
  }

  draw(series) {
    const titles = ["Series", "Last", "Mean", "Max"].map((title) => el("th", {scope: "col"}, title));
    clear(this.table, series.length ? el("thead", {}, el("tr", {}, titles)) : null,
          el("tbody", {}, series.map((one, index) => seriesRow(one, index))));
  }
}

function seriesRow(one, index) {
  const values = one.points.map(([, value]) => value).filter(Number.isFinite);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const cell = (value) => el("td", {class: "number"}, values.length ? formatValue(value) : "");
  return el("tr", {}, el("td", {}, el("i", {class: `swatch ${colorsOf(one, index).back}`}), one.name),
            cell(values.at(-1)), cell(mean), cell(most));
}

function nameOf(metric) {
  return `{${Object.entries(metric).map(([name, value]) => `${name}="${value}"`).join(", ")}}`;
}

// The level of a series that is of a level and of nothing else.
function levelAlone(metric) {
  const [pair, ...others] = Object.entries(metric);
  return pair && !others.length && /^(detected_)?level$/.test(pair[0]) ? levelOf(pair[1]) : undefined;
}
