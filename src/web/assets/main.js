// The page: tabs, source, theme, keys. What a tab does is in its own file.

import {AgentTab} from "./agent_tab.js";
import {findPlace, place, source} from "./api.js";
import {clear, el, iconButton} from "./dom.js";
import {LogsTab} from "./logs_tab.js";
import {toggleLive} from "./logs_tools.js";
import {MetricsTab} from "./metrics_tab.js";
import {isBlank, onState, setState, state} from "./state.js";

const TABS = {logs: "Logs", metrics: "Metrics", agent: "Agent"};
const KEYS = [
  ["/", "Edit the query"], ["Enter", "Run the query"], ["Ctrl Space", "Completions"], ["t", "Time range"],
  ["z", "Zoom out"], ["l", "Live on and off"], ["p", "Pause and resume"], ["w", "Wrap lines"], ["b", "Label browser"],
  ["j k", "Next and previous line"], ["Enter", "Open a line"], ["c", "Copy the line"],
  ["1 2 3", "Logs, metrics, agent"], ["?", "This help"],
];

// Follows the system unless the reader decided otherwise.
function applyTheme(theme) {
  if (theme) document.documentElement.setAttribute("data-theme", theme);
  else document.documentElement.removeAttribute("data-theme");
}

function storedTheme() {
  try {
    return localStorage.getItem("theme") ?? "";
  } catch {
    return "";  // no storage is allowed here
  }
}

function switchTheme() {
  const dark = storedTheme() ? storedTheme() === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  try {
    localStorage.setItem("theme", dark ? "light" : "dark");
  } catch {
    // It holds for this page only.
  }
  applyTheme(dark ? "light" : "dark");
}

function showHelp() {
  if (document.querySelector("dialog.help")) return;
  const dialog = el("dialog", {class: "sheet help", "aria-label": "Keys", onclose: () => dialog.remove()},
                    el("header", {}, el("h2", {}, "Keys"),
                       el("button", {type: "button", onclick: () => dialog.close()}, "Close")),
                    el("dl", {class: "keys"}, KEYS.map(([keys, what]) => [
                      el("dt", {}, keys.split(" ").map((key) => el("kbd", {}, key))), el("dd", {}, what)])),
                    el("p", {class: "quiet"}, "Drag over the histogram to zoom in. Everything you see is in the page's " +
                       "address: a copied link shows the same to others."));
  document.body.append(dialog);
  dialog.showModal();
}

applyTheme(storedTheme());

async function main() {
  const view = el("main", {id: "main", tabindex: "-1"});
  let problem = null;
  try {
    await findPlace();
  } catch (error) {
    problem = error;
  }
  const tabs = {logs: new LogsTab(), metrics: new MetricsTab(), agent: new AgentTab()};
  const buttons = Object.entries(TABS).map(([name, title]) => el("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "main", onclick: () => setState({tab: name}),
  }, title));
  const sources = el("select", {"aria-label": "Where the logs are", title: "Where the logs are",
                                onchange: () => setState({source: sources.value})},
                     place.sources.map(({name, title}) => el("option", {value: name}, title)));
  const header = el("header", {class: "top"},
      el("span", {class: "brand"}, el("img", {src: "assets/icon.svg", alt: "", width: 20, height: 20}), "tailrace"),
      el("div", {class: "tabs", role: "tablist", "aria-label": "Views"}, buttons), el("span", {class: "spring"}),
      place.sources.length > 1 && sources,
      iconButton("sun", "Light or dark", switchTheme), iconButton("help", "Keys (?)", showHelp));
  document.body.append(header, view);
  if (problem) return clear(view, el("p", {class: "notice"}, problem.message));

  // An agent whose Loki may not be asked has something to show nevertheless.
  if (!place.sources.length && isBlank()) setState({tab: "agent"}, {replace: true});

  const show = (now, before) => {
    if (before && now.tab === before.tab && now.source === before.source) return;
    const name = now.tab in tabs ? now.tab : "logs";
    buttons.forEach((button) => button.setAttribute("aria-selected", String(button.id === `tab-${name}`)));
    view.setAttribute("aria-labelledby", `tab-${name}`);
    view.setAttribute("role", "tabpanel");
    if (view.firstChild !== tabs[name].element) clear(view, tabs[name].element);
    document.title = name === "logs" ? "tailrace" : `${TABS[name]} - tailrace`;
    sources.value = source()?.name ?? "";
    if (name !== "logs") {
      tabs[name].start();
    } else if (!tabs.logs.started) {
      tabs.logs.started = true;
      tabs.logs.start();
    }
  };
  show(state());
  onState(show);
  document.addEventListener("keydown", (event) => onKey(event, tabs));
}

function onKey(event, tabs) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  const {logs} = tabs;
  const anywhere = {
    "?": showHelp,
    1: () => setState({tab: "logs"}), 2: () => setState({tab: "metrics"}), 3: () => setState({tab: "agent"}),
  };
  const inLogs = {
    "/": () => logs.editor.area.focus(), t: () => logs.tools.picker.toggle(), z: () => logs.widen(), l: toggleLive,
    p: () => logs.togglePause(), w: () => logs.listTools.wrap.click(), b: () => logs.tools.labels.click(),
    j: () => logs.step(1), k: () => logs.step(-1),
  };
  const work = anywhere[event.key] ?? (state().tab === "logs" ? inLogs[event.key] : undefined);
  if (!work) return;
  event.preventDefault();
  work();
}

main();
