// A list of any length of which only what is in sight is in the document. Rows may be of any height: unseen ones
// count with an estimate, seen ones are measured, and what is in sight stays where it is when those above it turn out
// to be higher, or new ones come in above.

import {el} from "./dom.js";

const OVERSCAN = 12;  // rows kept above and below

export class VirtualList {
  // render(item) -> element. Items are objects; one is one row, wherever it stands.
  constructor({label, estimate, render, onend}) {
    this.estimate = estimate;
    this.render = render;
    this.onend = onend;
    this.items = [];
    this.heights = [];
    this.tops = [0];
    this.rows = new Map();  // item -> element in the document
    this.space = el("div", {class: "list-space", role: "list", "aria-label": label});
    this.element = el("div", {class: "list", tabindex: "0"}, this.space);
    this.element.addEventListener("scroll", () => this.soon(), {passive: true});
    new ResizeObserver(() => this.remeasure()).observe(this.element);
  }

  set(items) {
    this.items = items;
    this.heights = items.map(() => this.estimate);
    this.rows.forEach((row) => row.remove());
    this.rows.clear();
    this.element.scrollTop = 0;
    this.layout(0);
    this.soon();
  }

  append(items) {
    const from = this.items.length;
    this.items = this.items.concat(items);
    this.heights = this.heights.concat(items.map(() => this.estimate));
    this.layout(from);
    this.soon();
  }

  // Above; what is in sight stays, unless the top is in sight: then new rows move in.
  prepend(items) {
    const atTop = this.element.scrollTop < 4;
    this.items = items.concat(this.items);
    this.heights = items.map(() => this.estimate).concat(this.heights);
    this.layout(0);
    if (!atTop) this.element.scrollTop += items.length * this.estimate;
    this.soon();
  }

  // Takes rows away at one end, of a list that would grow for ever.
  trim(most, fromEnd) {
    if (this.items.length <= most) return;
    const range = fromEnd ? [0, most] : [this.items.length - most];
    this.items = this.items.slice(...range);
    this.heights = this.heights.slice(...range);
    this.layout(0);
    this.soon();
  }

  layout(from) {
    this.tops.length = this.items.length + 1;
    this.tops[0] = 0;
    for (let at = from; at < this.items.length; ++at) this.tops[at + 1] = this.tops[at] + this.heights[at];
    this.space.style.height = `${this.tops[this.items.length]}px`;
  }

  // The row at a height, by halving.
  rowAt(y) {
    let low = 0;
    let high = this.items.length;
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (this.tops[middle] <= y) low = middle;
      else high = middle;
    }
    return low;
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  draw() {
    const top = this.element.scrollTop;
    const height = this.element.clientHeight;
    const first = Math.max(0, this.rowAt(top) - OVERSCAN);
    const last = Math.min(this.items.length, this.rowAt(top + height) + OVERSCAN + 1);
    const wanted = new Set(this.items.slice(first, last));
    for (const [item, row] of this.rows) {
      if (wanted.has(item)) continue;
      row.remove();
      this.rows.delete(item);
    }
    let before = null;
    for (let at = first; at < last; ++at) {
      const item = this.items[at];
      let row = this.rows.get(item);
      if (!row) {
        row = this.render(item);
        this.rows.set(item, row);
        // In the order in which they are seen: that of the tab key, and of those who are read to.
        if (before) before.after(row);
        else this.space.prepend(row);
      }
      before = row;
      row.setAttribute("aria-posinset", at + 1);
      row.setAttribute("aria-setsize", this.items.length);
    }
    this.measure(first, last);
    if (last === this.items.length && this.items.length) this.onend?.();
  }

  measure(first, last) {
    const top = this.element.scrollTop;
    let moved = 0;
    let changed = -1;
    for (let at = first; at < last; ++at) {
      const height = this.rows.get(this.items[at]).offsetHeight;
      if (height === 0 || height === this.heights[at]) continue;
      if (this.tops[at] + this.heights[at] <= top) moved += height - this.heights[at];
      this.heights[at] = height;
      if (changed < 0) changed = at;
    }
    if (changed >= 0) {
      this.layout(changed);
      this.soon();  // lower rows than thought leave room for more
    }
    if (moved) this.element.scrollTop = top + moved;
    for (let at = first; at < last; ++at) this.rows.get(this.items[at]).style.top = `${this.tops[at]}px`;
  }

  // Heights may have changed: another width, wrapping, an opened row.
  remeasure() {
    this.soon();
  }

  // Draws the row of an item anew.
  refresh(item) {
    const row = this.rows.get(item);
    if (!row) return;
    const fresh = this.render(item);
    fresh.style.top = row.style.top;
    row.replaceWith(fresh);
    this.rows.set(item, fresh);
    this.soon();
  }

  refreshAll() {
    this.rows.forEach((row) => row.remove());
    this.rows.clear();
    this.heights.fill(this.estimate);
    this.layout(0);
    this.soon();
  }

  scrollTo(index) {
    const top = this.tops[index];
    const bottom = this.tops[index + 1];
    const view = this.element;
    if (top < view.scrollTop) view.scrollTop = top;
    else if (bottom > view.scrollTop + view.clientHeight) view.scrollTop = bottom - view.clientHeight;
    this.draw();
  }
}
