// The time range: a list of usual ones, or two times as text.

import {el, iconOf} from "./dom.js";
import {describeRange, formatLocal, parseTime, RANGES, resolveRange} from "./time.js";

export class RangePicker {
  // value() -> {from, to} as texts; onchange({from, to})
  constructor({value, onchange}) {
    this.value = value;
    this.onchange = onchange;
    this.label = el("span", {});
    this.button = el("button", {type: "button", class: "range-button", "aria-haspopup": "dialog",
                                "aria-expanded": "false", onclick: () => this.toggle()}, iconOf("clock"), this.label);
    this.from = el("input", {type: "text", "aria-label": "From"});
    this.to = el("input", {type: "text", "aria-label": "To"});
    this.problem = el("p", {class: "problem", role: "alert"});
    const relative = RANGES.map((range) => el("button", {
      type: "button", "data-range": range, onclick: () => this.choose({from: `now-${range}`, to: "now"}),
    }, `Last ${range}`));
    this.panel = el("form", {class: "panel", role: "dialog", "aria-label": "Time range", hidden: true,
                             onsubmit: (event) => this.submit(event),
                             onkeydown: (event) => { if (event.key === "Escape") this.toggle(false); }},
                    el("div", {class: "ranges"}, relative),
                    el("div", {class: "absolute"},
                       el("label", {}, "From", this.from), el("label", {}, "To", this.to), this.problem,
                       el("p", {class: "quiet"}, "2026-01-31 23:59:59, now-90m, or Unix time"),
                       el("button", {type: "submit", class: "primary"}, "Apply")));
    this.element = el("div", {class: "range"}, this.button, this.panel);
    document.addEventListener("pointerdown", (event) => {
      if (!this.panel.hidden && !this.element.contains(event.target)) this.toggle(false);
    });
  }

  draw() {
    this.label.textContent = describeRange(this.value());
    const {from, to} = resolveRange(this.value());
    this.button.title = `${formatLocal(from)} to ${formatLocal(to)} (t)`;
  }

  toggle(open = this.panel.hidden) {
    this.panel.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    const {from, to} = this.value();
    this.from.value = /^now/.test(from) ? from : formatLocal(parseTime(from));
    this.to.value = /^now/.test(to) ? to : formatLocal(parseTime(to));
    this.problem.textContent = "";
    for (const button of this.panel.querySelectorAll("[data-range]")) {
      button.setAttribute("aria-pressed", String(to === "now" && from === `now-${button.dataset.range}`));
    }
    this.from.focus();
  }

  submit(event) {
    event.preventDefault();
    const from = parseTime(this.from.value);
    const to = parseTime(this.to.value);
    if (from === null || to === null) {
      this.problem.textContent = `This is no time: ${from === null ? this.from.value : this.to.value}`;
    } else if (from >= to) {
      this.problem.textContent = "The range ends before it begins.";
    } else {
      const stable = (text, ms) => /^now/.test(text.trim()) ? text.trim() : new Date(ms).toISOString();
      this.choose({from: stable(this.from.value, from), to: stable(this.to.value, to)});
    }
  }

  choose(range) {
    this.toggle(false);
    this.button.focus();
    this.onchange(range);
  }
}
