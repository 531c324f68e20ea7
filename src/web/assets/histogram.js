// Lines over time, stacked by level; a range that is dragged over is the next range of the query.

import {ticksOf} from "./chart.js";
import {clear, el, svg} from "./dom.js";
import {LEVELS, levelOf} from "./levels.js";
import {formatCount} from "./numbers.js";
import {formatLocal, formatStep, formatTick} from "./time.js";

const HEIGHT = 88;
const FOOT = 18;
const LEFT = 40;

export class Histogram {
  // onzoom(fromMs, toMs)
  constructor({onzoom}) {
    this.onzoom = onzoom;
    this.tip = el("div", {class: "tip", hidden: true});
    this.plot = el("div", {class: "plot"});
    this.legend = el("div", {class: "legend"});
    this.element = el("section", {class: "histogram", "aria-label": "Lines over time by level"},
                      this.plot, this.tip, this.legend);
    new ResizeObserver(() => this.draw()).observe(this.plot);
    this.plot.addEventListener("pointerdown", (event) => this.drag(event));
    this.plot.addEventListener("pointermove", (event) => this.hover(event));
    this.plot.addEventListener("pointerleave", () => { this.tip.hidden = true; });
  }

  // A matrix by level and detected_level. A point at t counts the lines of (t - step, t].
  set(matrix, {from, to, step}) {
    this.range = {from, to, step};
    this.bars = new Map();  // end of the bar -> {level: count}
    this.totals = Object.fromEntries(LEVELS.map((level) => [level, 0]));
    for (const {metric, values} of matrix) {
      const level = levelOf(metric.level, metric.detected_level);
      for (const [seconds, text] of values) {
        const end = Math.round(seconds * 1000);
        const bar = this.bars.get(end) ?? {};
        bar[level] = (bar[level] ?? 0) + Number(text);
        this.bars.set(end, bar);
        this.totals[level] += Number(text);
      }
    }
    this.draw();
  }

  // Nothing is known, or nothing to show.
  reset() {
    this.range = undefined;
    clear(this.plot);
    clear(this.legend);
  }

  get total() {
    return this.range ? Object.values(this.totals).reduce((sum, count) => sum + count, 0) : undefined;
  }

  x(ms) {
    return LEFT + (ms - this.range.from) / (this.range.to - this.range.from) * (this.width - LEFT);
  }

  timeAt(x) {
    const share = Math.min(1, Math.max(0, (x - LEFT) / (this.width - LEFT)));
    return this.range.from + share * (this.range.to - this.range.from);
  }

  draw() {
    this.width = this.plot.clientWidth;
    if (!this.range || this.width < 50) return;
    const {from, to, step} = this.range;
    const most = Math.max(1, ...[...this.bars.values()].map((bar) => Object.values(bar).reduce((a, b) => a + b, 0)));
    const scale = (HEIGHT - FOOT - 6) / most;
    const base = HEIGHT - FOOT;
    const summary = `${formatCount(this.total)} lines, at most ${formatCount(most)} in ${formatStep(step)}`;
    const picture = svg("svg", {width: this.width, height: HEIGHT, role: "img", "aria-label": summary});
    for (const count of ticksOf(0, most, 4, "whole").filter((tick) => tick > 0)) {
      const y = base - count * scale;
      picture.append(svg("line", {class: "grid", x1: LEFT, x2: this.width, y1: y, y2: y}),
                     svg("text", {class: "tick", x: LEFT - 6, y: y + 4, "text-anchor": "end"},
                         formatCount(count)));
    }
    for (const [end, bar] of this.bars) {
      const x1 = Math.max(LEFT, this.x(end - step));
      const x2 = Math.min(this.width, this.x(end));
      const width = Math.max(1, x2 - x1 - 1);
      let y = base;
      for (const level of LEVELS) {
        if (!bar[level]) continue;
        const height = Math.max(1, bar[level] * scale);
        y -= height;
        picture.append(svg("rect", {class: `bar fill-${level}`, x: x1, y, width, height}));
      }
    }
    picture.append(svg("line", {class: "axis", x1: LEFT, x2: this.width, y1: base + 0.5, y2: base + 0.5}));
    const ticks = Math.max(2, Math.floor(this.width / 130));
    for (let at = 0; at <= ticks; ++at) {
      const ms = from + (to - from) * at / ticks;
      const anchor = at === 0 ? "start" : at === ticks ? "end" : "middle";
      picture.append(svg("text", {class: "tick", x: this.x(ms), y: HEIGHT - 4, "text-anchor": anchor},
                         formatTick(ms, to - from)));
    }
    this.selection = svg("rect", {class: "selection", x: 0, y: 0, width: 0, height: base});
    picture.append(this.selection);
    clear(this.plot, picture);
    clear(this.legend, ...LEVELS.filter((level) => this.totals[level]).map((level) => el("span", {class: "legend-item"},
        el("i", {class: `swatch back-${level}`}), level, el("b", {}, formatCount(this.totals[level])))));
  }

  drag(event) {
    if (!this.range || event.button !== 0) return;
    event.preventDefault();
    const box = this.plot.getBoundingClientRect();
    const begin = event.clientX - box.left;
    this.plot.setPointerCapture(event.pointerId);
    const move = (moved) => {
      const x = Math.min(this.width, Math.max(LEFT, moved.clientX - box.left));
      this.selection.setAttribute("x", Math.min(begin, x));
      this.selection.setAttribute("width", Math.abs(x - begin));
    };
    const end = (ended) => {
      this.plot.removeEventListener("pointermove", move);
      const x = ended.clientX - box.left;
      this.selection.setAttribute("width", 0);
      if (ended.type === "pointerup" && Math.abs(x - begin) > 4) {
        this.onzoom(this.timeAt(Math.min(begin, x)), this.timeAt(Math.max(begin, x)));
      }
    };
    this.plot.addEventListener("pointermove", move);
    this.plot.addEventListener("pointerup", end, {once: true});
    this.plot.addEventListener("pointercancel", end, {once: true});
  }

  hover(event) {
    if (!this.range) return;
    const {step} = this.range;
    const box = this.plot.getBoundingClientRect();
    const end = Math.ceil(this.timeAt(event.clientX - box.left) / step) * step;
    const bar = this.bars.get(end);
    this.tip.hidden = !bar;
    if (!bar) return;
    clear(this.tip, el("div", {class: "tip-title"}, `${formatLocal(end - step)}, ${formatStep(step)}`),
          ...LEVELS.filter((level) => bar[level]).map((level) => el("div", {},
              el("i", {class: `swatch back-${level}`}), `${level} `, el("b", {}, formatCount(bar[level])))));
    const x = event.clientX - box.left;
    this.tip.style.left = `${Math.min(Math.max(0, x + 14), this.width - 190)}px`;
  }
}
