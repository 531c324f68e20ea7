// Lines of numbers over time: the result of a metric query, and the small live charts.

import {clear, el, svg} from "./dom.js";
import {formatValue} from "./numbers.js";
import {formatLocal, formatTick} from "./time.js";

const COLORS = 8;  // classes line-0 ... line-7 of the style sheet

// The classes of a series' line and of the square beside its name: its level's colour if it is one, else one in turn.
export function colorsOf({level}, index) {
  return level ? {line: `tone-${level}`, back: `back-${level}`}
               : {line: `line-${index % COLORS}`, back: `line-back-${index % COLORS}`};
}

// Round numbers between the ends: to readers of decimals, of bytes, or of things that come whole.
export function ticksOf(low, high, count, kind = "decimal") {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  if (kind === "bytes") step = 2 ** Math.ceil(Math.log2(rough));
  if (kind === "whole") step = Math.max(1, step);
  const out = [];
  const first = Math.ceil(low / step) * step;
  for (let at = first; at <= high + step * 1e-9; at += step) out.push(Number(at.toPrecision(12)));
  return out;
}

export class Chart {
  // format(value) -> text; `kind` of numbers: see ticksOf.
  constructor({label, height = 260, format = formatValue, left = 56, kind}) {
    this.kind = kind;
    this.label = label;
    this.height = height;
    this.format = format;
    this.left = left;
    this.tip = el("div", {class: "tip", hidden: true});
    this.plot = el("div", {class: "plot"});
    this.element = el("div", {class: "chart"}, this.plot, this.tip);
    new ResizeObserver(() => this.draw()).observe(this.plot);
    this.plot.addEventListener("pointermove", (event) => this.hover(event));
    this.plot.addEventListener("pointerleave", () => this.leave());
  }

  // series: [{name, points: [[ms, number]], level?}], points in order. `gap`: points further apart are not joined.
  set(series, {from, to, gap = Infinity}) {
    Object.assign(this, {series, from, to, gap});
    this.draw();
  }

  x(ms) { return this.left + (ms - this.from) / (this.to - this.from) * (this.width - this.left - 8); }
  y(value) { return this.height - 20 - (value - this.low) / (this.high - this.low) * (this.height - 32); }

  draw() {
    this.width = this.plot.clientWidth;
    if (!this.series || this.width < 60) return;
    const values = this.series.flatMap((one) => one.points.map(([, value]) => value)).filter(Number.isFinite);
    this.low = Math.min(0, ...values.slice(0, 1), values.reduce((a, b) => Math.min(a, b), 0));
    this.high = values.reduce((a, b) => Math.max(a, b), 0);
    if (this.high <= this.low) this.high = this.low + 1;
    const picture = svg("svg", {width: this.width, height: this.height, role: "img", "aria-label": this.label});
    for (const value of ticksOf(this.low, this.high, this.height > 150 ? 5 : 2, this.kind)) {
      const y = this.y(value);
      picture.append(svg("line", {class: "grid", x1: this.left, x2: this.width, y1: y, y2: y}),
                     svg("text", {class: "tick", x: this.left - 6, y: y + 4, "text-anchor": "end"},
                         this.format(value)));
    }
    const ticks = Math.max(1, Math.floor(this.width / 150));
    for (let at = 0; at <= ticks; ++at) {
      const ms = this.from + (this.to - this.from) * at / ticks;
      picture.append(svg("text", {class: "tick", x: this.x(ms), y: this.height - 4,
                                  "text-anchor": at === 0 ? "start" : at === ticks ? "end" : "middle"},
                         formatTick(ms, this.to - this.from)));
    }
    if (this.series.length === 1) {
      picture.append(...this.areas(this.series[0].points).map((d) => svg("path", {class: "area", d})));
    }
    this.series.forEach((one, index) => picture.append(
        svg("path", {class: `stroke ${colorsOf(one, index).line}`, d: this.path(one.points)})));
    this.cursor = svg("line", {class: "cursor", y1: 8, y2: this.height - 20, x1: -9, x2: -9});
    picture.append(this.cursor);
    clear(this.plot, picture);
  }

  // What is below the line, a piece for each run of points that are joined.
  areas(points) {
    const base = this.y(Math.max(0, this.low)).toFixed(1);
    return this.path(points).split("M").filter((run) => run.includes("L")).map((run) => {
      const xs = run.split("L").map((place) => place.split(" ")[0]);
      return `M${run.replace("h.01", "")}L${xs.at(-1)} ${base}L${xs[0]} ${base}Z`;
    });
  }

  path(points) {
    let out = "";
    let before = -Infinity;
    let alone = false;  // a point that nothing joins is drawn as a dot
    for (const [ms, value] of points) {
      if (!Number.isFinite(value)) continue;
      const place = `${this.x(ms).toFixed(1)} ${this.y(value).toFixed(1)}`;
      if (ms - before > this.gap) {
        if (alone) out += "h.01";
        out += `M${place}`;
        alone = true;
      } else {
        out += `L${place}`;
        alone = false;
      }
      before = ms;
    }
    return alone ? `${out}h.01` : out;
  }

  hover(event) {
    if (!this.series?.length) return;
    const box = this.plot.getBoundingClientRect();
    const x = event.clientX - box.left;
    const at = this.from + (x - this.left) / (this.width - this.left - 8) * (this.to - this.from);
    const nearest = (points) => points.reduce((best, point) =>
        !best || Math.abs(point[0] - at) < Math.abs(best[0] - at) ? point : best, undefined);
    const found = this.series.map((one, index) =>
        ({name: one.name, back: colorsOf(one, index).back, point: nearest(one.points)}))
                      .filter((one) => one.point).sort((a, b) => b.point[1] - a.point[1]);
    if (!found.length) return;
    const time = found.reduce((best, {point}) =>
        Math.abs(point[0] - at) < Math.abs(best - at) ? point[0] : best, found[0].point[0]);
    this.cursor.setAttribute("x1", this.x(time));
    this.cursor.setAttribute("x2", this.x(time));
    clear(this.tip, el("div", {class: "tip-title"}, formatLocal(time)),
          ...found.filter(({point}) => point[0] === time).slice(0, 12).map(({name, back, point}) => el("div", {},
              el("i", {class: `swatch ${back}`}), `${name} `, el("b", {}, this.format(point[1])))));
    this.tip.hidden = false;
    this.tip.style.left = `${Math.min(Math.max(0, x + 14), Math.max(0, this.width - 240))}px`;
  }

  leave() {
    this.tip.hidden = true;
    this.cursor?.setAttribute("x1", -9);
    this.cursor?.setAttribute("x2", -9);
  }
}
