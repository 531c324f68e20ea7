// Numbers as people read them.

export function formatCount(number) {
  return number < 100000 ? Math.round(number).toLocaleString("en") : compact(number, 1000, ["", "k", "M", "G", "T"]);
}

export function formatBytes(number) {
  return `${compact(number, 1024, ["", "Ki", "Mi", "Gi", "Ti"])}B`.replace(/(\d)B$/, "$1 B");
}

export function formatSeconds(seconds) {
  if (seconds < 1e-3) return `${short(seconds * 1e6)} µs`;
  if (seconds < 1) return `${short(seconds * 1e3)} ms`;
  return seconds < 120 ? `${short(seconds)} s` : `${short(seconds / 60)} min`;
}

// Any value of a chart.
export function formatValue(number) {
  if (!Number.isFinite(number)) return String(number);
  const size = Math.abs(number);
  if (size >= 10000) return compact(number, 1000, ["", "k", "M", "G", "T"]);
  return short(number);
}

function compact(number, base, units) {
  let at = 0;
  while (Math.abs(number) >= base && at < units.length - 1) {
    number /= base;
    ++at;
  }
  return at === 0 ? short(number) : `${short(number)} ${units[at]}`;
}

function short(number) {
  const size = Math.abs(number);
  if (size !== 0 && size < 0.001) return number.toExponential(1);
  return String(Number(size >= 1 ? number.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2) : number.toPrecision(2)));
}
