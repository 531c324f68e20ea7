// Reads Prometheus' text format, and makes of two looks at counters what happened between them.

// name -> [{labels, value}]
export function parseExposition(text) {
  const out = new Map();
  for (const line of text.split("\n")) {
    if (line === "" || line[0] === "#") continue;
    const match = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!match) continue;
    const [, name, inner, value] = match;
    const labels = {};
    for (const [, key, raw] of (inner ?? "").matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
      labels[key] = raw.replace(/\\(.)/g, (_, c) => c === "n" ? "\n" : c);
    }
    if (!out.has(name)) out.set(name, []);
    out.get(name).push({labels, value: numberOf(value)});
  }
  return out;
}

const numberOf = (text) => text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);

const fits = (labels, wanted) => Object.entries(wanted).every(([name, value]) =>
    value instanceof RegExp ? value.test(labels[name] ?? "") : labels[name] === value);

// The sum of the samples with these labels; undefined if there is none.
export function sumOf(samples, name, wanted = {}) {
  const found = (samples.get(name) ?? []).filter(({labels}) => fits(labels, wanted));
  return found.length ? found.reduce((sum, {value}) => sum + value, 0) : undefined;
}

// Per second between two looks: {at: ms, samples}. A counter that went back began anew.
export function rateOf(before, after, name, wanted) {
  const now = sumOf(after.samples, name, wanted);
  if (now === undefined || !before) return undefined;
  const then = sumOf(before.samples, name, wanted) ?? 0;
  return Math.max(0, now < then ? now : now - then) / ((after.at - before.at) / 1000);
}

// A quantile of what a histogram saw between two looks, as Prometheus' histogram_quantile reckons it; NaN if it saw
// nothing, undefined if there is no such histogram.
export function quantileOf(before, after, name, quantile, wanted = {}) {
  const buckets = new Map();
  const add = (look, sign) => {
    for (const {labels, value} of look?.samples.get(`${name}_bucket`) ?? []) {
      if (!fits(labels, wanted)) continue;
      const bound = numberOf(labels.le);
      buckets.set(bound, (buckets.get(bound) ?? 0) + sign * value);
    }
  };
  add(after, 1);
  add(before, -1);
  if (buckets.size === 0) return undefined;
  const sorted = [...buckets].sort((a, b) => a[0] - b[0]);
  const total = sorted.at(-1)[1];
  if (total <= 0) return NaN;
  const rank = quantile * total;
  const at = sorted.findIndex(([, count]) => count >= rank);
  const [bound, count] = sorted[at];
  const [lower, under] = at > 0 ? sorted[at - 1] : [0, 0];
  if (bound === Infinity) return lower;
  return lower + (bound - lower) * (count > under ? (rank - under) / (count - under) : 1);
}
