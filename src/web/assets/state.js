// The whole state of the page is its address: a link opens what its sender saw, and back and forward work. It stands
// behind '#', so queries never reach the server's log.

const DEFAULTS = {
  tab: "logs",
  source: "",
  q: "",
  from: "now-1h",
  to: "now",
  limit: "1000",
  dir: "backward",  // backward: newest first
  wrap: "",
  live: "",
  labels: matchMedia("(min-width: 721px)").matches ? "1" : "",  // the label browser is open
};

let current = read();
const listeners = new Set();

function read() {
  const out = {...DEFAULTS};
  for (const [key, value] of new URLSearchParams(location.hash.slice(1))) if (key in out) out[key] = value;
  return out;
}

function address(state) {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) if (value !== DEFAULTS[key]) params.set(key, value);
  return `#${params}`;
}

export function state() {
  return current;
}

export function isBlank() {
  return location.hash.length < 2;
}

// `replace`: what is no step of its own to go back to, such as a default that was filled in.
export function setState(changes, {replace = false} = {}) {
  const before = current;
  current = {...current, ...changes};
  const to = address(current);
  if (to === address(before)) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  tell(before);
}

// listener(now, before)
export function onState(listener) {
  listeners.add(listener);
}

function tell(before) {
  // A copy: who begins to listen now has read the state already.
  for (const listener of [...listeners]) listener(current, before);
}

addEventListener("popstate", () => {
  const before = current;
  current = read();
  if (address(current) !== address(before)) tell(before);
});
