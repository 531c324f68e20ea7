// The agent tab: what is read, how far it is delivered, who takes it, what went wrong lately, and the configuration.

import {agentStatus} from "./api.js";
import {clear, copy, el} from "./dom.js";
import {formatBytes, formatCount} from "./numbers.js";
import {state} from "./state.js";
import {ago, formatLocal} from "./time.js";

const LOOK_MS = 3000;

export class AgentTab {
  constructor() {
    this.notice = el("p", {class: "notice", hidden: true});
    this.tiles = el("div", {class: "tiles"});
    this.clients = el("div", {class: "section-body"});
    this.targets = el("div", {class: "section-body"});
    this.problems = el("div", {class: "section-body"});
    this.configText = el("pre", {class: "config"});
    this.opened = new Set();  // <details> that were opened stay so
    this.element = el("div", {class: "agent page"}, this.notice, this.tiles,
        section("Clients", this.clients), section("Targets", this.targets),
        section("Last warnings and errors", this.problems),
        el("section", {class: "group"},
           el("h2", {}, "Configuration", el("button", {type: "button", onclick: () =>
               copy(this.configText.textContent, "Configuration copied")}, "Copy")),
           el("p", {class: "quiet"}, "As it runs, with defaults; secrets are masked."), this.configText));
  }

  start() {
    this.timer ??= setInterval(() => this.look(), LOOK_MS);
    this.look();
  }

  async look() {
    if (document.hidden || state().tab !== "agent") return;
    try {
      const status = await agentStatus();
      this.notice.hidden = true;
      // A selection that is being made is worth more than news.
      if (getSelection().type !== "Range") this.draw(status);
    } catch (error) {
      this.notice.hidden = false;
      this.notice.textContent = error.message;
    }
  }

  draw({version, jobs, clients, problems, config}) {
    const targets = jobs.flatMap((job) => job.targets);
    const files = targets.flatMap((target) => target.files);
    const senders = clients.flatMap((client) => client.senders);
    const sum = (list, key) => list.reduce((total, one) => total + one[key], 0);
    const lag = sum(files, "lag");
    const dropped = sum(senders, "dropped_entries");
    clear(this.tiles,
          tile("Version", version),
          tile("Targets", `${targets.filter((target) => target.ready).length} of ${targets.length} ready`,
               targets.some((target) => !target.ready) && "warn"),
          tile("Files", formatCount(files.length)),
          tile("Not yet delivered", formatBytes(lag), lag > 1 << 20 && "warn"),
          tile("Lines delivered", formatCount(sum(senders, "sent_entries"))),
          tile("Retries", formatCount(sum(senders, "retries")), sum(senders, "retries") > 0 && "warn"),
          tile("Lines dropped", formatCount(dropped), dropped > 0 && "bad"));
    clear(this.clients, this.clientTable(clients));
    clear(this.targets, ...jobs.map((job) => this.job(job)),
          jobs.length === 0 && el("p", {class: "quiet"}, "Nothing is read: the configuration has no scrape_configs."));
    clear(this.problems, problems.length === 0 ? el("p", {class: "quiet"}, "None since the start.")
        : el("ul", {class: "problems"}, problems.toReversed().map(({at_ms: at, level, text}) => el("li", {class: level},
            el("time", {title: formatLocal(at)}, ago(at)), el("span", {class: `badge ${level}`}, level),
            el("code", {}, text)))));
    this.configText.textContent = config;
  }

  clientTable(clients) {
    if (!clients.length) return el("p", {class: "quiet"}, "No clients: this is a dry run.");
    const rows = clients.flatMap((client) => (client.senders.length ? client.senders : [null]).map((sender) =>
        el("tr", {},
           el("td", {}, client.name, sender?.tenant && el("small", {}, ` tenant ${sender.tenant}`)),
           el("td", {}, el("code", {}, client.url), client.embedded && el("small", {}, " the store in this process")),
           number(sender && formatCount(sender.sent_entries)), number(sender && formatBytes(sender.sent_bytes)),
           number(sender && formatCount(sender.retries), sender?.retries > 0 && "warn"),
           number(sender && formatCount(sender.dropped_entries), sender?.dropped_entries > 0 && "bad"),
           el("td", {}, sender?.last_sent_ms ? ago(sender.last_sent_ms) : "–"),
           el("td", {class: "wide"}, sender?.last_error
               ? [el("span", {class: "problem"}, sender.last_error), el("small", {}, ` ${ago(sender.last_error_ms)}`)]
               : "–"))));
    const titles = ["Client", "URL", "Lines", "Bytes", "Retries", "Dropped", "Last delivery", "Last error"];
    return table(titles, rows, "clients");
  }

  job({name, targets, dropped}) {
    return el("article", {class: "job"}, el("h3", {}, name),
              targets.length === 0 && el("p", {class: "quiet"}, "No targets yet."),
              targets.map((target) => this.target(target)),
              dropped.length > 0 && this.fold(`${name} dropped`, `${formatCount(dropped.length)} dropped targets`,
                  dropped.map(({reason, discovered}) => el("div", {class: "labels-line"},
                      el("span", {class: "badge warn"}, reason), labelsOf(discovered)))));
  }

  target({type, ready, labels, discovered, details, files}) {
    const known = new Set(files.map((file) => file.path));
    const rows = files.map((file) => el("tr", {},
        el("td", {class: "path"}, file.path), number(formatBytes(file.delivered)), number(formatBytes(file.size)),
        number(file.lag ? formatBytes(file.lag) : "0", file.lag > 1 << 20 && "warn"),
        el("td", {class: "bar-cell"}, share(file.size ? file.delivered / file.size : 1))));
    const others = details.filter(([key]) => !known.has(key) && key !== "path");
    const path = details.find(([key]) => key === "path")?.[1];
    return el("div", {class: "target"},
              el("div", {class: "labels-line"},
                 el("span", {class: `badge ${ready ? "good" : "warn"}`}, ready ? "ready" : "not ready"),
                 el("span", {class: "quiet"}, type), labelsOf(labels)),
              files.length > 0 && table(["File", "Delivered", "Size", "Lag", ""], rows, "files"),
              files.length === 0 && path && el("p", {class: "quiet"}, "No file matches ", el("code", {}, path)),
              others.length > 0 && el("dl", {}, others.map(([key, text]) => [el("dt", {}, key), el("dd", {}, text)])),
              this.fold(`${path} ${JSON.stringify(discovered)}`, "Discovered labels", labelsOf(discovered)));
  }

  fold(key, title, ...inner) {
    return el("details", {open: this.opened.has(key), ontoggle: (event) =>
        this.opened[event.target.open ? "add" : "delete"](key)}, el("summary", {}, title), inner);
  }
}

const section = (title, body) => el("section", {class: "group"}, el("h2", {}, title), body);
const tile = (title, text, mood) => el("div", {class: `tile ${mood || ""}`}, el("small", {}, title), el("b", {}, text));
const number = (text, mood) => el("td", {class: `number ${mood || ""}`}, text ?? "–");

function table(titles, rows, name) {
  return el("div", {class: "scroll"}, el("table", {class: `plain ${name}`},
      el("thead", {}, el("tr", {}, titles.map((title) => el("th", {scope: "col"}, title)))), el("tbody", {}, rows)));
}

function labelsOf(labels) {
  return Object.entries(labels).map(([name, value]) => el("code", {class: "label-pair"}, `${name}="${value}"`));
}

function share(part) {
  const fill = el("i", {});
  fill.style.width = `${100 * Math.min(1, Math.max(0, part))}%`;
  return el("span", {class: "meter", role: "img", "aria-label": `${Math.round(part * 100)}% delivered`}, fill);
}
