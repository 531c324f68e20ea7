// What a person does with the explorer, one check after another. Started by explorer_test.py.

import {appendLine, Browser, expect, logs, nowNs, push, query, rows, run, until, waitForRows} from "./page.mjs";
import fs from "node:fs";

const place = JSON.parse(process.argv[2]);
const {store, agent, shots} = place;
const browser = await Browser.start(place);
const shot = (page, name) => page.screenshot({path: `${shots}/${name}.png`});
const TAILED = '{job="tailed"}';

await browser.check("opens, finds a query by itself and shows lines", `${store}/`, async (page) => {
  await waitForRows(page, "line 199 of the file");
  expect(/=~"\.\+"/.test(await query(page)), "no query was made up");
  await page.locator(".histogram .bar").first().waitFor();
  await until("live", async () => /live/.test(await page.textContent(".status")));
  await shot(page, "logs-live");
});

await browser.check("a query filters, marks and counts", logs(store, {q: `${TAILED} |= "line 42 of"`}), async (page) => {
  await waitForRows(page, "line 42 of the file");
  expect(await rows(page).count() === 1, "more lines than match");
  expect(await page.textContent(".line mark") === "line 42 of", "what was searched for is not marked");
  expect(/^1 lines/.test(await page.textContent(".status")), "the status does not say how many lines there are");
  await run(page, `${TAILED} |= "nothing has this"`);
  await until("an empty answer", async () => /No lines match/.test(await page.textContent(".status")));
});

await browser.check("completes labels, values and functions", logs(store, {q: TAILED}), async (page) => {
  await waitForRows(page);
  const offered = (text) => page.locator(".completions li", {hasText: text}).first().waitFor();
  // What is taken replaces what stands there now, however old the list is.
  await page.fill(".editor-text", "");
  await page.type(".editor-text", "{j");
  await offered("job");
  await page.keyboard.type("o");
  await page.keyboard.press("Tab");
  expect(await query(page) === "{job", `the label was not taken: ${await query(page)}`);
  await page.keyboard.type('="');
  await offered("tailed");
  await shot(page, "completion");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  expect(await query(page) === '{job="tailed"', `the value was not taken: ${await query(page)}`);
  await page.keyboard.type("} | log");
  await offered("logfmt");
  await page.keyboard.press("Enter");
  await page.keyboard.type(" | us");
  await offered("user");  // a field of the lines that are there
  await page.fill(".editor-text", "");
  await page.type(".editor-text", "quantile");
  await offered("quantile_over_time");
  await page.keyboard.press("Escape");
});

await browser.check("shows an error under its place", logs(store, {q: `${TAILED} |= "x" | = "y"`}), async (page) => {
  const place_ = page.locator(".query-error-place");
  await place_.waitFor();
  const [line, caret] = (await place_.textContent()).split("\n");
  expect(line === `${TAILED} |= "x" | = "y"`, `the line is not shown: ${line}`);
  expect(caret.trim() === "^", `no caret: ${caret}`);
  // It points to the token that Loki did not expect.
  expect(line.slice(caret.length - 1).startsWith("="), `the caret is at "${line.slice(caret.length - 1)}"`);
  expect(/line 1, col/.test(await page.textContent(".query-error")), "Loki's words are not shown");
  await shot(page, "error");
  await run(page, TAILED);
  await waitForRows(page);
  expect(await place_.count() === 0 || !await place_.isVisible(), "the error stays");
}, {expected: [400]});

await browser.check("a click on a field makes it a filter", logs(store, {q: TAILED}), async (page) => {
  await waitForRows(page, "line 199");
  const row = rows(page).filter({hasText: "line 197 of"}).first();
  await row.locator(".row-head").click();
  await row.locator("[data-field=user]").waitFor();
  await shot(page, "row");
  await row.locator("[data-field=user] .filter-in").click();
  await until("the filter", async () => await query(page) === `${TAILED} | logfmt | user="u2"`);
  await until("fewer lines", async () => /^40 lines/.test(await page.textContent(".status")));
  await rows(page).first().locator(".row-head").click();
  await rows(page).first().locator("[data-field=level] .filter-out").first().click();
  await until("the exclusion", async () => /level!="error"|level!="warn"/.test(await query(page)) ||
      /level!=/.test(await query(page)));
  await page.goBack();
  await until("the query before", async () => await query(page) === `${TAILED} | logfmt | user="u2"`);
  await page.goBack();
  await until("the first query", async () => await query(page) === TAILED);
  await page.goForward();
  await until("the filter again", async () => /user="u2"/.test(await query(page)));
});

await browser.check("labels with their values and sizes", logs(store, {q: TAILED}), async (page) => {
  await waitForRows(page);
  await page.click(".label-name:has-text('level')");
  const error = page.locator(".values .value", {hasText: "error"});
  await error.waitFor();
  expect(/\d+(\.\d+)? (B|KiB)/.test(await error.textContent()), "no size beside the value");
  await error.click();
  await until("the matcher", async () => await query(page) === '{job="tailed", level="error"}');
  await until("only errors", async () => /^50 lines/.test(await page.textContent(".status")));
  await page.locator(".values .value", {hasText: "error"}).click();
  await until("the matcher to go", async () => !/level="error"/.test(await query(page)));
});

await browser.check("a line written to a tailed file is there within two seconds",
                    logs(store, {q: TAILED, live: "1", from: "now-5m"}), async (page) => {
  await until("live", async () => /live/.test(await page.textContent(".status")));
  await waitForRows(page);
  const attempt = Date.now();  // each attempt has lines of its own
  for (let n = 0; n < 3; ++n) {
    const began = Date.now();
    appendLine(place.log, `level=error msg="written now ${n} ${attempt}"`);
    await page.locator(".row", {hasText: `written now ${n} ${attempt}`}).waitFor({timeout: 2000});
    console.log(`        ${Date.now() - began} ms from the file to the page`);
  }
  expect(/written now 2/.test(await rows(page).first().textContent()), "the newest line is not the first");
  await page.click("button:has-text('Pause')");
  appendLine(place.log, `level=info msg="while paused ${attempt}"`);
  await until("one line held back", async () => /paused, 1 waiting/.test(await page.textContent(".status")), 4000);
  expect(await page.locator(".row", {hasText: `while paused ${attempt}`}).count() === 0, "a pause shows new lines");
  await page.click("button:has-text('Resume')");
  await page.locator(".row", {hasText: `while paused ${attempt}`}).waitFor({timeout: 1000});
});

await browser.check("the histogram is dragged to zoom", logs(store, {q: TAILED, from: "now-1h"}), async (page) => {
  await waitForRows(page);
  const plot = await page.locator(".histogram .plot").boundingBox();
  await page.locator(".histogram .bar").first().waitFor();
  const y = plot.y + plot.height / 2;
  await page.mouse.move(plot.x + plot.width * 0.9, y);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width * 0.95, y, {steps: 4});
  await shot(page, "zooming");
  await page.mouse.move(plot.x + plot.width - 2, y, {steps: 4});
  await page.mouse.up();
  await until("a range in the address", () => /from=20\d\d-/.test(page.url()));
  const params = new URLSearchParams(new URL(page.url()).hash.slice(1));
  const span = (Date.parse(params.get("to")) - Date.parse(params.get("from"))) / 60000;
  expect(span > 4 && span < 8, `a tenth of an hour was dragged, ${span} minutes came of it`);
  await waitForRows(page);
  await page.goBack();
  await until("the range before", () => !/from=20\d\d-/.test(page.url()));
  await page.keyboard.press("Escape");
});

// 10 000 lines of one stream, a millisecond apart.
await push(store, [[{job: "many", level: "info"}, Array.from({length: 10000}, (_, n) =>
  [`${nowNs(600000) + BigInt(n) * 1000000n}`, `line ${n} ${"x".repeat(n % 90)}`])]]);
await browser.check("ten thousand lines stay smooth", logs(store, {q: '{job="many"}', limit: "5000"}), async (page) => {
  await waitForRows(page, "line 9999 ");
  // The end of the list comes in sight, more are fetched, until all are there.
  await until("all lines", async () => {
    await page.evaluate(() => { const list = document.querySelector(".list"); list.scrollTop = list.scrollHeight; });
    return /^10,000 lines/.test(await page.textContent(".status"));
  }, 30000);
  const seen = await page.evaluate(async () => {
    const list = document.querySelector(".list");
    const gaps = [];
    let last = performance.now();
    let most = 0;
    for (let step = 0; step < 120; ++step) {
      list.scrollTop = step % 2 ? step * 1700 : list.scrollHeight - step * 1700;
      await new Promise(requestAnimationFrame);
      gaps.push(performance.now() - last);
      last = performance.now();
      most = Math.max(most, document.querySelectorAll(".list .row").length);
    }
    return {median: gaps.sort((a, b) => a - b)[60], most};
  });
  console.log(`        a jump to elsewhere costs ${seen.median.toFixed(0)} ms, ${seen.most} rows in the document`);
  expect(seen.most < 150, `${seen.most} rows are in the document at once`);
  expect(seen.median < 250, `a jump takes ${seen.median} ms`);
  await page.evaluate(() => { document.querySelector(".list").scrollTop = 0; });
  await waitForRows(page, "line 9999 ");
  // Oldest first, and the keyboard.
  await page.click("[aria-label^='Newest first']");
  await waitForRows(page, "line 0 ");
  await page.locator(".list").focus();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.locator(".row.open").waitFor();
});

const HOSTILE = [
  "<img src=x onerror=\"window.pwned=1\">", "<script>window.pwned=1</script>", "</textarea><svg onload=window.pwned=1>",
  "\"><iframe src=javascript:parent.pwned=1></iframe>", "javascript:window.pwned=1", "{{constructor.constructor('pwned=1')()}}",
  "{\"<b onclick=pwned=1>key\":\"<img src=x onerror=pwned=1>\",\"__proto__\":{\"pwned\":1},\"ok\":\"<u>v</u>\"}",
  "level=info a=\"<img src=x onerror=pwned=1>\" b=<script>pwned=1</script>", "\u202Eright to left \u0000 \u001b[31mred",
];
await push(store, [[{job: "hostile", markup: "<img src=x onerror=pwned=1>"}, HOSTILE.map((line, n) =>
  [`${nowNs(5000) + BigInt(n)}`, line, {meta: "<script>window.pwned=1</script>"}])]]);
await browser.check("a hostile line is only text", logs(store, {q: '{job="hostile"}', wrap: "1"}), async (page) => {
  await until("all lines", async () => await rows(page).count() === HOSTILE.length);
  await page.click(".label-name:has-text('markup')");
  await page.locator(".values .value", {hasText: "<img src=x"}).waitFor();
  for (let n = 0; n < HOSTILE.length; ++n) await rows(page).nth(n).locator(".row-head").click();
  const shown = await page.locator(".list .line").allTextContents();
  expect(shown.includes(HOSTILE[0]) && shown.includes(HOSTILE[1]), "the lines are not shown as they are");
  const strange = await page.evaluate(() => [...document.querySelectorAll("main *, dialog *")]
      .filter((node) => /^(img|script|iframe|svg|b|u)$/i.test(node.tagName))
      .filter((node) => !(node.tagName === "svg" && (node.classList.contains("glyph") || node.closest(".plot"))) &&
                        !(node.tagName === "B" && node.closest(".legend-item, .tip"))).map((node) => node.outerHTML));
  expect(strange.length === 0, `markup of a line became elements: ${strange}`);
  await shot(page, "hostile");
  await rows(page).first().locator("text=Show context").click();
  await page.locator("dialog .row.here").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("[data-field=markup] .filter-in").first().click();
  await until("the matcher, quoted", async () => (await query(page)).includes('markup="<img src=x onerror=pwned=1>"'));
  await until("the same lines", async () => await rows(page).count() === HOSTILE.length);
});

await browser.check("a metric query is a chart", logs(store, {q: 'sum by (level) (count_over_time({job="tailed"}[1m]))'}),
                    async (page) => {
  await page.locator(".result-chart path.stroke").first().waitFor({state: "attached"});
  expect(await page.locator(".result-chart path.stroke").count() >= 4, "not a line for each series");
  expect(/level="error"/.test(await page.textContent(".series")), "the series have no names");
  const box = await page.locator(".result-chart .plot").boundingBox();
  await page.mouse.move(box.x + box.width - 20, box.y + 60);
  await page.locator(".result-chart .tip").waitFor();
  await shot(page, "chart");
});

await browser.check("a link restores what its sender saw",
                    logs(store, {q: `${TAILED} |= "line 1"`, from: "now-3h", limit: "100", dir: "forward", wrap: "1", labels: ""}),
                    async (page) => {
  await waitForRows(page, "line 1 of");
  expect(await query(page) === `${TAILED} |= "line 1"`, "another query");
  expect(/Last 3h/.test(await page.textContent(".range-button")), "another range");
  expect(await page.inputValue("select[title='Lines at a time']") === "100", "another limit");
  expect(await page.getAttribute("[title^='Wrap']", "aria-pressed") === "true", "not wrapped");
  expect(!await page.isVisible(".labels"), "the labels are there");
  expect(/line 1 of/.test(await rows(page).first().textContent()), "another order");
  await page.click(".range-button");
  await page.fill("[aria-label=From]", "now-90m");
  await page.keyboard.press("Enter");
  await until("the range in the address", () => /from=now-90m/.test(page.url()));
  const address = page.url();
  await page.goto("about:blank");
  await page.goto(address);
  await waitForRows(page, "line 1 of");
  expect(/Last 90m/.test(await page.textContent(".range-button")), "the range did not survive a reload");
});

await browser.check("downloads text and JSON", logs(store, {q: `${TAILED} |= "line 42 of"`}), async (page) => {
  await waitForRows(page);
  for (const [name, check] of [["Text", (text) => /line 42 of the file/.test(text) && text.trim().split("\n").length === 1],
                               ["JSON", (text) => JSON.parse(text)[0].labels.job === "tailed"]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`.list-tools button:has-text("${name}")`)]);
    expect(check(fs.readFileSync(await download.path(), "utf8")), `the ${name} that was downloaded is not the lines`);
  }
});

await browser.check("the metrics tab moves", `${store}/#tab=metrics`, async (page) => {
  for (let n = 0; n < 30; ++n) await fetch(`${place.app}/?n=${n}`);
  const requests = page.locator("[data-chart=Requests]");
  await requests.locator("path.stroke").first().waitFor({state: "attached"});
  const asking = setInterval(() => fetch(`${place.app}/`).catch(() => {}), 40);
  try {
    await until("the request rate to rise", async () => parseFloat(await requests.locator(".figure").textContent()) > 2, 15000);
  } finally {
    clearInterval(asking);
  }
  for (const title of ["Latency", "Lines", "Memory", "CPU", "Commit latency"]) {
    expect(await page.isVisible(`[data-chart="${title}"]`), `no chart of ${title}`);
  }
  await shot(page, "metrics");
  await page.click("summary:has-text('All metrics')");
  await page.fill("[aria-label='Filter metrics']", "promtail_sent_entries");
  await page.locator(".all-metrics td code", {hasText: "promtail_sent_entries_total"}).waitFor();
});

await browser.check("the agent tab shows files, clients and the configuration", `${store}/#tab=agent`, async (page) => {
  await page.locator(".files td.path", {hasText: place.log}).waitFor();
  expect((await page.locator(".files td.path").allTextContents()).some((path) => path.endsWith(place.hostileFile)),
         "the file with the hostile name is not there");
  await until("everything delivered", async () => /^0 B/.test(await page.textContent(".tile:has-text('Not yet') b")));
  expect(await page.locator("main img").count() === 0, "the name of a file became an element");
  const text = await page.textContent("main");
  expect(/scrape_configs/.test(text) && /pusher/.test(text), "no configuration");
  expect(!text.includes(place.secret), "a secret of the configuration is shown");
  await shot(page, "agent");
});

await browser.check("on the agent's listener too, asking its client's Loki through it",
                    `${agent}/ui`, async (page) => {
  await waitForRows(page, "of the file");
  appendLine(place.log, 'level=warn msg="seen through the agent"');
  await page.locator(".row", {hasText: "seen through the agent"}).waitFor({timeout: 4000});
  await page.keyboard.press("3");
  await page.locator(".files td.path", {hasText: place.log}).waitFor();
  await page.keyboard.press("2");
  await page.locator("[data-chart=Lines]").waitFor();
});

await browser.check("another Loki, through tailrace", logs(store, {q: TAILED}), async (page) => {
  await waitForRows(page);
  await page.selectOption("[aria-label='Where the logs are']", "far");
  await until("the address", () => /source=far/.test(page.url()));
  await waitForRows(page, "of the file");
  const asked = page.waitForRequest(/\/sources\/far\/loki\/api\/v1\/query_range/);
  await page.keyboard.press("l");
  await asked;
  appendLine(place.log, 'level=info msg="from afar"');
  await page.locator(".row", {hasText: "from afar"}).waitFor({timeout: 4000});
});

await browser.check("behind a prefix, with the client's password", `${place.guardedAgent}/ui`, async (page) => {
  await waitForRows(page, "of the file");
  expect(page.url().startsWith(`${place.guardedAgent}/ui/#`), `the page is at ${page.url()}`);
});

await browser.check("a store behind a password, live too", `${place.guardedStore}/`, async (page) => {
  await waitForRows(page, "of the file");
  await until("live", async () => /live/.test(await page.textContent(".status")));
}, {httpCredentials: {username: "reader", password: place.secret}});

await browser.check("an agent that may not show its Loki shows itself", `${place.alone}/ui/`, async (page) => {
  await page.locator(".files td.path").first().waitFor();
  await page.keyboard.press("1");
  await page.locator(".query-error", {hasText: "first_client"}).waitFor();
});

await browser.check("the agent's own pages lead to it", `${agent}/targets`, async (page) => {
  expect((await page.content()).includes("app.log"), "/targets does not name the file");
  await page.click("a:has-text('Explorer')");
  await page.locator(".files td.path", {hasText: place.log}).waitFor();
});

await browser.check("an error's caret stands under its place behind letters of two bytes",
                    logs(store, {q: '{job="\u00e4\u00e4\u00e4"} | = "x"'}), async (page) => {
  const [line, caret] = (await page.locator(".query-error-place").textContent()).split("\n");
  expect(line.slice(caret.length - 1) === '= "x"', `the caret is at "${line.slice(caret.length - 1)}"`);
}, {expected: [400]});

await browser.check("keys and help", logs(store, {q: TAILED}), async (page) => {
  await waitForRows(page);
  await page.keyboard.press("?");
  await page.locator("dialog.help").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  expect(await page.evaluate(() => document.activeElement.tagName) === "TEXTAREA", "/ does not go to the query");
  await page.keyboard.press("Escape");
  await page.keyboard.press("w");
  await until("wrapping", () => /wrap=1/.test(page.url()));
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement !== document.body), "the keyboard cannot go on");
  // From line to line, and one of them open, without a mouse.
  await page.evaluate(() => document.activeElement.blur());
  for (const key of ["j", "j", "j", "k", "Enter"]) await page.keyboard.press(key);
  await page.locator(".row.open").waitFor();
  expect(await page.evaluate(() => [...document.querySelectorAll(".row")].findIndex((row) => row.classList.contains("open"))) === 1,
         "j, j, j, k does not lead to the second line");
});

for (const [name, options] of [["dark", {colorScheme: "dark"}],
                               ["phone", {viewport: {width: 390, height: 800}, hasTouch: true, deviceScaleFactor: 2}],
                               ["phone-dark", {viewport: {width: 390, height: 800}, colorScheme: "dark"}]]) {
  await browser.check(`readable: ${name}`, logs(store, {q: TAILED}), async (page) => {
    await waitForRows(page);
    await page.locator(".histogram .bar").first().waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(!wide, "the page is wider than the screen");
    // Text against what is behind it, as WCAG reckons contrast.
    const contrast = await page.evaluate(() => {
      const parts = (text) => text.match(/[\d.]+/g).map(Number);
      const light = (color) => parts(color).slice(0, 3).map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
          .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
      const text = light(getComputedStyle(document.querySelector(".row .stamp")).color);
      const back = light(getComputedStyle(document.querySelector(".results")).backgroundColor);
      return (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    });
    expect(contrast >= 4.5, `the contrast is ${contrast.toFixed(1)}`);
    await rows(page).nth(1).locator(".row-head").click();
    await shot(page, name);
    await page.click("#tab-metrics");
    await page.locator("[data-chart=Memory] path.stroke").first().waitFor({state: "attached"});
    expect(!await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), "metrics are wider than the screen");
    await page.click("#tab-agent");
    await page.locator(".files td.path").first().waitFor();
    expect(!await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), "the agent is wider than the screen");
    await shot(page, `${name}-agent`);
  }, options);
}

await browser.end();
