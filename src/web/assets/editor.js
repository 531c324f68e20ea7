// The query box: a textarea whose text is drawn, in colours, by a layer behind it. The layer also knows where on the
// screen a place of the text is, which the list of completions needs.

import {el, clear, debounce} from "./dom.js";
import {completionAt, matchOptions, quote, tokenize} from "./logql.js";

const SHOWN_MAX = 100;

export class Editor {
  // onrun(text); completions({kind, label, selector}) -> promise of names.
  constructor({onrun, completions}) {
    this.onrun = onrun;
    this.completions = completions;
    this.layer = el("pre", {class: "editor-layer", "aria-hidden": "true"});
    this.area = el("textarea", {
      rows: 1, spellcheck: "false", autocomplete: "off", autocapitalize: "off", wrap: "soft", class: "editor-text",
      placeholder: '{job="app"} |= "error"', "aria-label": "LogQL query", role: "combobox", "aria-expanded": "false",
      "aria-controls": "completions", "aria-autocomplete": "list",
      oninput: () => { this.draw(); this.setError(null); this.complete(); },
      onkeydown: (event) => this.key(event),
      onscroll: () => { this.layer.scrollTop = this.area.scrollTop; },
      onblur: () => setTimeout(() => this.close(), 150),
    });
    this.list = el("ul", {id: "completions", class: "completions", role: "listbox", "aria-label": "Completions",
                          hidden: true});
    this.error = el("div", {class: "query-error", role: "alert", hidden: true});
    this.box = el("div", {class: "editor-box"}, this.layer, this.area, this.list);
    this.element = el("div", {class: "editor"}, this.box, this.error);
    this.options = [];
    this.chosen = -1;
    this.complete = debounce(60, () => this.open(false));
  }

  get value() { return this.area.value; }
  set value(text) {
    if (text === this.area.value) return;
    this.area.value = text;
    this.draw();
  }

  draw() {
    clear(this.layer, ...tokenize(this.value, true).map((token) => el("span", {class: `t-${token.type}`}, token.text)),
          "\n");
    this.area.style.height = "auto";
    this.area.style.height = `${this.area.scrollHeight}px`;
  }

  // Shows Loki's message, and where it points to: the line with a caret below the column.
  setError(error) {
    this.error.hidden = !error;
    if (!error) return clear(this.error);
    const line = error.line ? this.value.split("\n")[error.line - 1] : undefined;
    const place = line !== undefined &&
        el("pre", {class: "query-error-place"}, `${line}\n`, " ".repeat(Math.max(0, error.column - 1)),
           el("span", {class: "caret"}, "^"));
    clear(this.error, place || null, el("div", {}, error.message));
  }

  key(event) {
    const open = !this.list.hidden;
    if (event.key === " " && event.ctrlKey) return this.handled(event, () => this.open(true));
    if (event.key === "Escape" && open) return this.handled(event, () => this.close());
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      return this.handled(event, () => this.choose(this.chosen + (event.key === "ArrowDown" ? 1 : -1)));
    }
    if (open && event.key === "Tab") return this.handled(event, () => this.accept(Math.max(0, this.chosen)));
    if (event.key === "Enter" && !event.shiftKey) {
      return this.handled(event, () => {
        const chosen = open && !event.ctrlKey ? this.options[this.chosen] : undefined;
        if (chosen && chosen.text !== this.place.prefix) return this.accept(this.chosen);
        this.close();
        this.onrun(this.value);
      });
    }
    if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) this.close();
  }

  handled(event, work) {
    event.preventDefault();
    event.stopPropagation();
    work();
  }

  async open(asked) {
    const at = this.area.selectionStart;
    if (document.activeElement !== this.area) return;
    const place = completionAt(this.value, at);
    if (!place || (!asked && place.kind === "fixed" && !place.prefix && /^\s*$/.test(this.value))) return this.close();
    const found = await this.candidates(place);
    if (this.area.selectionStart !== at) return;  // typed on meanwhile
    this.options = matchOptions(found, place.prefix).slice(0, SHOWN_MAX);
    const done = this.options.length === 1 && this.options[0].text === place.prefix;
    if (this.options.length === 0 || done) return this.close();
    this.place = place;
    this.show();
    // Enter takes what was begun; with nothing begun it runs the query.
    this.choose(place.prefix || place.kind === "label" ? 0 : -1);
  }

  async candidates(place) {
    if (place.kind === "fixed") return place.options;
    const names = await this.completions(place).catch(() => []);
    if (place.kind === "value") {
      return names.map((text) => ({text, insert: quote(text)}));
    }
    const hint = place.kind === "field" ? "field" : "label";
    return [...(place.options ?? []), ...names.map((text) => ({text, hint}))];
  }

  show() {
    clear(this.list, ...this.options.map((option, index) => el("li", {
      role: "option", id: `completion-${index}`,
      onmousedown: (event) => this.handled(event, () => this.accept(index)),
    }, el("span", {}, option.text), option.hint && el("small", {}, option.hint))));
    this.list.hidden = false;
    this.area.setAttribute("aria-expanded", "true");
    const spot = this.spotOf(this.place.from);
    const box = this.box.getBoundingClientRect();
    this.list.style.left = `${Math.max(0, Math.min(spot.left - box.left, box.width - 320))}px`;
    this.list.style.top = `${spot.bottom - box.top + 4}px`;
  }

  // Where a place of the text is on the screen.
  spotOf(offset) {
    const walker = document.createTreeWalker(this.layer, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (offset <= node.length) {
        const range = document.createRange();
        range.setStart(node, offset);
        return range.getBoundingClientRect();
      }
      offset -= node.length;
    }
    return this.layer.getBoundingClientRect();
  }

  choose(index) {
    const count = this.options.length;
    this.chosen = index < -1 ? count - 1 : index >= count ? 0 : index;
    this.list.childNodes.forEach((item, at) => item.setAttribute("aria-selected", String(at === this.chosen)));
    const item = this.list.childNodes[this.chosen];
    if (item) {
      item.scrollIntoView({block: "nearest"});
      this.area.setAttribute("aria-activedescendant", item.id);
    } else {
      this.area.removeAttribute("aria-activedescendant");
    }
  }

  accept(index) {
    const option = this.options[index];
    // The list may be older than what was typed last.
    const place = completionAt(this.value, this.area.selectionStart);
    this.close();
    if (!option || !place || matchOptions([option], place.prefix).length === 0) return;
    const {from, to} = place;
    const text = option.insert ?? option.text;
    this.area.setRangeText(text, from, to, "end");
    if (option.back) this.area.selectionStart = this.area.selectionEnd = from + text.length - option.back;
    this.draw();
    this.complete();
  }

  close() {
    this.list.hidden = true;
    this.chosen = -1;
    this.area.setAttribute("aria-expanded", "false");
    this.area.removeAttribute("aria-activedescendant");
  }
}
