// Elements, made of names and texts. Nothing in the explorer turns a string into markup: children that are strings
// become text nodes, so a log line can never be more than text. (The page's policy forbids the rest, too.)

const SVG = "http://www.w3.org/2000/svg";

// el("button", {class: "primary", onclick: run, "aria-label": "Run"}, "Run")
// Values null, undefined and false leave an attribute out; true sets it empty.
export function el(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// A button that is an icon: a path on a 16 by 16 grid, with words for those who cannot see it.
export function iconButton(icon, label, onclick, props = {}) {
  return el("button", {type: "button", class: "icon", "aria-label": label, title: label, onclick, ...props},
            iconOf(icon));
}

export function iconOf(name) {
  return svg("svg", {viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true", class: "glyph"},
             svg("path", {d: ICONS[name]}));
}

const ICONS = {
  play: "M5 3l8 5-8 5z",
  pause: "M5 3v10M11 3v10",
  stop: "M4 4h8v8H4z",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 4.5V8l2.5 1.5",
  minus: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.2 10.2L14 14M5 7h4",
  plus: "M8 3v10M3 8h10",
  not: "M4 4l8 8M12 4l-8 8",
  copy: "M5.5 5.5h7v7h-7zM3.5 10.5v-7h7",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  link: "M6.5 9.5l3-3M7 5l2-2a2.8 2.8 0 0 1 4 4L11 9M9 11l-2 2a2.8 2.8 0 0 1-4-4l2-2",
  down: "M8 2.5v8M4.5 7.5L8 11l3.5-3.5M3 13.5h10",
  wrap: "M2 4h12M2 8h10a2 2 0 0 1 0 4H9M10.5 10.5L9 12l1.5 1.5M2 12h4",
  swap: "M5 3v10M2.5 10.5L5 13l2.5-2.5M11 13V3M8.5 5.5L11 3l2.5 2.5",
  tags: "M2.5 2.5h5l6 6-5 5-6-6zM5 5h.1",
  lines: "M2 4h12M2 8h12M2 12h7",
  help: "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.8.4-1 .8-1 1.5M8 12.2v.1M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13",
};

export function clear(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

// Says something in passing, to eyes and to screen readers.
export function toast(text) {
  let box = document.getElementById("toast");
  if (!box) document.body.append(box = el("div", {id: "toast", role: "status", "aria-live": "polite"}));
  box.textContent = text;
  box.classList.add("shown");
  clearTimeout(box.timer);
  box.timer = setTimeout(() => box.classList.remove("shown"), 1800);
}

export async function copy(text, what = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Not allowed, or no HTTPS: the old way.
    const area = el("textarea", {class: "offscreen", value: text});
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(what);
}

export function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], {type}));
  el("a", {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export function debounce(wait, work) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), wait);
  };
}
