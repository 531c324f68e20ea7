// What the browser's checks share: a page that tells of every fault, and a list of checks that says what failed.

import {chromium} from "playwright-core";
import fs from "node:fs";

const failures = [];

export function expect(condition, text) {
  if (!condition) throw new Error(text);
}

// Waits until `look` gives something true, which is returned.
export async function until(what, look, milliseconds = 10000) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${milliseconds} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

// Only checks whose name holds the word that TAILRACE_ONLY names, if it names one.
const only = process.env.TAILRACE_ONLY ?? "";

export class Browser {
  static async start(place) {
    const browser = new Browser();
    browser.place = place;
    // No sandbox: tests run as root in containers. Nothing but our own pages is opened.
    browser.chromium = await chromium.launch({executablePath: place.browser, args: ["--no-sandbox"]});
    return browser;
  }

  // Opens an address on a page of its own, does `work`, and looks for what must never be: an error on the console, a
  // request to anybody else, an answer that the page did not expect. `expected`: statuses that are part of the check.
  async check(name, address, work, options = {}) {
    if (!name.includes(only)) return;
    // Chromium drops what is under way when the machine gets or loses a network interface, as it does when somebody
    // starts a container. That is no answer about the page.
    for (let tries = 0; tries < 3; ++tries) {
      const {error, faults} = await this.once(name, address, work, options);
      if (!error) return;
      if (faults.some((fault) => fault.includes("ERR_NETWORK_CHANGED"))) {
        console.log(`        ${name}: the machine's network changed, once more`);
        continue;
      }
      failures.push(name);
      console.log(`FAILED  ${name}: ${error.stack}${faults.length ? `\nfaults: ${faults.join("\n")}` : ""}`);
      return;
    }
    failures.push(`${name} (the machine's network keeps changing)`);
  }

  async once(name, address, work, {expected = [], ...options}) {
    const context = await this.chromium.newContext({viewport: {width: 1320, height: 820}, ...options});
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    const faults = [];
    const {store, agent, alone, guardedStore, guardedAgent} = this.place;
    const own = [store, agent, alone, guardedStore, guardedAgent];
    page.on("console", (message) => {
      const refused = /Failed to load resource.*status of (\d+)/.exec(message.text());
      if (refused && expected.includes(Number(refused[1]))) return;
      if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => faults.push(`script: ${error.stack}`));
    page.on("dialog", (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on("request", (request) => {
      if (!own.some((base) => request.url().startsWith(`${base}/`)) && !request.url().startsWith("blob:"))
        faults.push(`request to ${request.url()}`);
    });
    page.on("websocket", (socket) => {
      if (![store, guardedStore].some((base) => socket.url().startsWith(`${base.replace("http", "ws")}/`)))
        faults.push(`socket to ${socket.url()}`);
    });
    const began = Date.now();
    try {
      await page.goto(address);
      await work(page);
      expect(await page.evaluate(() => window.pwned) === undefined, "a script from a log line ran");
      expect(faults.length === 0, faults.join("\n"));
      console.log(`ok      ${name} (${Date.now() - began} ms)`);
      return {faults};
    } catch (error) {
      await page.screenshot({path: `${this.place.shots}/failed-${name.replace(/\W+/g, "-")}.png`}).catch(() => {});
      return {error, faults};
    } finally {
      await context.close();
    }
  }

  async end() {
    await this.chromium.close();
    console.log(failures.length ? `${failures.length} failed: ${failures.join("; ")}` : "all checks passed");
    process.exit(failures.length ? 1 : 0);
  }
}

// Pushes lines through Loki's API: streams are [labels, [[ns, line, metadata]]].
export async function push(base, streams) {
  const body = JSON.stringify({streams: streams.map(([stream, values]) => ({stream, values}))});
  const answer = await fetch(`${base}/loki/api/v1/push`, {
    method: "POST", headers: {"Content-Type": "application/json"}, body});
  expect(answer.status === 204, `push: ${answer.status} ${await answer.text()}`);
}

export const nowNs = (backMs = 0) => BigInt(Date.now() - backMs) * 1000000n;
export const appendLine = (path, line) => fs.appendFileSync(path, `${line}\n`);
export const logs = (base, params) => `${base}/#${new URLSearchParams({from: "now-1h", ...params})}`;
export const rows = (page) => page.locator(".list .row");
export const query = (page) => page.inputValue(".editor-text");

export async function waitForRows(page, text = "") {
  await rows(page).filter({hasText: text}).first().waitFor();
}

// Types a query and runs it. Escape first would close completions; none is chosen, so Enter runs.
export async function run(page, text) {
  await page.fill(".editor-text", text);
  await page.click("button.primary:has-text('Run')");
}
