// The lines around one: those of its stream, of all levels, before and after, whatever the query left out.

import {loki} from "./api.js";
import {clear, el} from "./dom.js";
import {entriesOf, plainLine} from "./entries.js";
import {quote} from "./logql.js";
import {formatStamp, formatLocal, nsToMs} from "./time.js";

const LINES = 50;
const REACH_NS = 2n * 3600n * 1000000000n;

export async function showContext(entry) {
  // A level that was made a label would hide the lines in between.
  const labels = Object.entries(entry.labels);
  const others = labels.filter(([name]) => name !== "level" && name !== "detected_level");
  const query = `{${(others.length ? others : labels).map(([name, value]) => `${name}=${quote(value)}`).join(", ")}}`;
  const list = el("div", {class: "context-list"});
  const state = {entries: [], seen: new Set()};
  const more = (label, direction) => el("button", {type: "button", onclick: () => grow(direction)}, label);
  const older = more("Earlier lines", "backward");
  const newer = more("Later lines", "forward");
  const close = el("button", {type: "button", onclick: () => dialog.close()}, "Close");
  const dialog = el("dialog", {class: "sheet context", "aria-label": `Lines around ${formatLocal(nsToMs(entry.ns))}`,
                               onclose: () => dialog.remove()},
                    el("header", {}, el("h2", {}, "Context"), el("code", {}, query), close),
                    older, list, newer);
  document.body.append(dialog);
  dialog.showModal();

  async function grow(direction) {
    const backward = direction === "backward";
    const ends = state.entries.length ? [state.entries[0].ns, state.entries.at(-1).ns] : [entry.ns, entry.ns];
    const at = BigInt(ends[backward ? 0 : 1]);
    try {
      const found = await loki("query_range", {
        query, direction, limit: LINES,
        start: `${backward ? at - REACH_NS : at}`, end: `${backward ? at + 1n : at + REACH_NS}`,
      }, {categorize: true});
      const entries = entriesOf(found.data.result, false, state.seen);
      if (!entries.length) (backward ? older : newer).disabled = true;
      state.entries = backward ? [...entries, ...state.entries] : [...state.entries, ...entries];
      draw(backward);
    } catch (error) {
      clear(list, el("p", {class: "quiet"}, error.message));
    }
  }

  function draw(keepBottom) {
    const fromBottom = list.scrollHeight - list.scrollTop;
    clear(list, ...state.entries.map((one) => {
      const here = one.ns === entry.ns && one.line === entry.line;
      return el("div", {class: `row level-${one.level}${here ? " here" : ""}`, "aria-current": here ? "true" : null},
                el("div", {class: "row-head"}, el("span", {class: "stamp"}, formatStamp(one.ns, false)),
                   el("span", {class: "level-word"}, one.level === "unknown" ? "" : one.level),
                   el("span", {class: "line"}, plainLine(one.line))));
    }));
    if (keepBottom) list.scrollTop = list.scrollHeight - fromBottom;
  }

  await grow("backward");
  await grow("forward");
  list.querySelector(".here")?.scrollIntoView({block: "center"});
}
