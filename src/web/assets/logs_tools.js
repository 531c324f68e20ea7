// The buttons of the logs tab: above the results what is asked for, above the lines what is done with them.

import {copy, el, iconButton, iconOf, save} from "./dom.js";
import {jsonOf} from "./entries.js";
import {RangePicker} from "./range_picker.js";
import {setState, state} from "./state.js";
import {formatStamp} from "./time.js";

const LIMITS = [100, 500, 1000, 5000];

const pressed = (button, on) => button.setAttribute("aria-pressed", String(Boolean(on)));
const flip = (name, options) => setState({[name]: state()[name] ? "" : "1"}, options);

export class QueryTools {
  constructor({onrun, onwiden, onpause}) {
    this.picker = new RangePicker({value: state, onchange: (range) => setState({...range, live: ""})});
    this.labels = iconButton("tags", "Labels (b)", () => flip("labels", {replace: true}));
    this.limit = el("select", {"aria-label": "Lines at a time", title: "Lines at a time",
                               onchange: () => setState({limit: this.limit.value})},
                    LIMITS.map((count) => el("option", {value: String(count)}, `${count} lines`)));
    this.live = el("button", {type: "button", class: "live", title: "Show new lines as they come (l)",
                              onclick: toggleLive}, el("i", {class: "dot"}), el("span", {}, "Live"));
    this.pause = el("button", {type: "button", title: "Hold new lines back (p)", onclick: onpause}, "Pause");
    const run = el("button", {type: "button", class: "primary", title: "Run the query (Enter)", onclick: onrun}, "Run");
    this.element = el("div", {class: "query-tools"}, this.labels, this.picker.element,
                      iconButton("minus", "A range twice as wide (z)", onwiden), this.limit,
                      el("span", {class: "spring"}), this.pause, this.live, run);
  }

  draw({paused}) {
    const now = state();
    this.limit.value = now.limit;
    this.picker.draw();
    pressed(this.labels, now.labels);
    pressed(this.live, now.live);
    pressed(this.pause, paused);
    this.pause.hidden = !now.live;
    this.pause.textContent = paused ? "Resume" : "Pause";
  }
}

export function toggleLive() {
  // A tail ends now; so does its range.
  const from = /^now-/.test(state().from) ? state().from : "now-15m";
  setState(state().live ? {live: ""} : {live: "1", to: "now", from});
}

export class ListTools {
  // entries() -> those that are loaded.
  constructor({entries}) {
    this.order = iconButton("swap", "", () => setState({dir: state().dir === "backward" ? "forward" : "backward"}));
    this.wrap = iconButton("wrap", "Wrap long lines (w)", () => flip("wrap", {replace: true}));
    const text = () => entries().map(({ns, line}) => `${formatStamp(ns, true)} ${line}\n`).join("");
    const json = () => `${JSON.stringify(entries().map(jsonOf), null, 1)}\n`;
    const download = (title, work) => el("button", {
      type: "button", class: "with-icon", title: `Download the loaded lines as ${title}`, onclick: work,
    }, iconOf("down"), title);
    this.element = el("span", {class: "list-tools"}, this.order, this.wrap,
                      iconButton("link", "Copy a link to this view", () => copy(location.href, "Link copied")),
                      iconButton("copy", "Copy all loaded lines", () => copy(text(), "Lines copied")),
                      download("Text", () => save("logs.txt", "text/plain", text())),
                      download("JSON", () => save("logs.json", "application/json", json())));
  }

  draw() {
    const title = state().dir === "backward" ? "Newest first; show oldest first" : "Oldest first; show newest first";
    this.order.setAttribute("aria-label", title);
    this.order.title = title;
    pressed(this.wrap, state().wrap);
  }
}
