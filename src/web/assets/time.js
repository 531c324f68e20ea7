// Times: ranges as people write them, and numbers as people read them. Entries have nanoseconds, which a JavaScript
// number cannot hold, so those stay texts (or BigInt); everything else here is milliseconds.

const UNITS = {ms: 1, s: 1000, m: 60000, h: 3600000, d: 86400000, w: 604800000};
export const RANGES = ["5m", "15m", "30m", "1h", "3h", "6h", "12h", "24h", "2d", "7d"];

export function parseDuration(text) {
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) return null;
  let sum = 0;
  for (const [, number, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|[smhdw])/g)) sum += number * UNITS[unit];
  return sum;
}

// "now", "now-1h30m", "2026-01-31", "2026-01-31 23:59:59.5", RFC 3339, or Unix time in s, ms or ns; null for others.
export function parseTime(text, now = Date.now()) {
  text = text.trim();
  const relative = /^now(?:\s*-\s*(\S+))?$/.exec(text);
  if (relative) {
    const back = relative[1] ? parseDuration(relative[1]) : 0;
    return back === null ? null : now - back;
  }
  if (/^\d{9,19}$/.test(text)) {
    const number = Number(text);
    return text.length <= 10 ? number * 1000 : text.length <= 13 ? number : number / 1e6;
  }
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return null;
  const plain = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text.replace(" ", "T");
  const time = Date.parse(plain);
  return Number.isNaN(time) ? null : time;
}

export function resolveRange({from, to}) {
  const now = Date.now();
  const end = parseTime(to, now) ?? now;
  const start = parseTime(from, now) ?? end - 3600000;
  return start < end ? {from: start, to: end} : {from: end - 1000, to: end};
}

export function describeRange({from, to}) {
  const back = /^now-(\S+)$/.exec(from);
  if (back && to === "now") return `Last ${back[1]}`;
  return `${shortTime(from)} to ${shortTime(to)}`;
}

function shortTime(text) {
  const ms = parseTime(text);
  return /^now/.test(text) || ms === null ? text : formatLocal(ms);
}

export const toNs = (ms) => `${BigInt(Math.round(ms * 1000)) * 1000n}`;
export const nsToMs = (ns) => Number(BigInt(ns) / 1000n) / 1000;

const two = (number) => String(number).padStart(2, "0");
export const formatDay = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
export const formatClock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

// "2026-01-31 23:59:59", the reader's zone; milliseconds only if there are some.
export function formatLocal(ms) {
  const date = new Date(ms);
  const rest = Math.floor(ms) % 1000;
  return `${formatDay(date)} ${formatClock(date)}${rest ? `.${String(rest).padStart(3, "0")}` : ""}`;
}

// Of an entry, with milliseconds; the day only if asked for.
export function formatStamp(ns, withDay) {
  const ms = nsToMs(ns);
  const date = new Date(ms);
  const clock = `${formatClock(date)}.${String(Math.floor(ms) % 1000).padStart(3, "0")}`;
  return withDay ? `${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}` : clock;
}

// A label of an axis that spans `span`.
export function formatTick(ms, span) {
  const date = new Date(ms);
  if (span > 2 * UNITS.d) return `${formatDay(date).slice(5)} ${two(date.getHours())}:${two(date.getMinutes())}`;
  return span < 10 * UNITS.m ? formatClock(date) : formatClock(date).slice(0, 5);
}

const STEPS = [100, 200, 500, 1000, 2000, 5000, 10000, 15000, 30000, 60000, 120000, 300000, 600000, 900000, 1800000,
               3600000, 7200000, 10800000, 21600000, 43200000, 86400000];

// The smallest round step that cuts `span` into no more than `most` pieces.
export function niceStep(span, most) {
  return STEPS.find((step) => span / step <= most) ?? Math.ceil(span / most / UNITS.d) * UNITS.d;
}

export function formatStep(ms) {
  for (const unit of ["d", "h", "m", "s"]) if (ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  return `${ms}ms`;
}

export function ago(ms) {
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return formatLocal(ms);
}
