// Levels: one name and one colour for each of the ways in which programs write them.

// From worst to least; in this order they are stacked and listed.
export const LEVELS = ["critical", "error", "warn", "info", "debug", "trace", "unknown"];

const NAMES = {
  critical: "critical", crit: "critical", fatal: "critical", panic: "critical", emerg: "critical",
  emergency: "critical", alert: "critical",
  error: "error", err: "error", eror: "error",
  warn: "warn", warning: "warn",
  info: "info", information: "info", informational: "info", notice: "info",
  debug: "debug", dbug: "debug", dbg: "debug",
  trace: "trace", verbose: "trace",
};

export function levelOf(...names) {
  for (const name of names) {
    const known = name && NAMES[name.toLowerCase()];
    if (known) return known;
  }
  return "unknown";
}
