// New lines into the list as they come, or held back while the reader wants it to stand still.

import {entriesOf, keepNewest} from "./entries.js";
import {Tail} from "./tail.js";

const LINES_MAX = 10000;  // in the list, and as many held back

export class LiveLines {
  // list: a VirtualList; backward: newest first; indexed() -> names of the index's labels, or null;
  // onchange(error?): something to tell about.
  constructor(query, startNs, {list, backward, indexed, onchange}) {
    this.list = list;
    this.backward = backward;
    this.indexed = indexed;
    this.onchange = onchange;
    this.seen = new Set();
    this.held = [];
    this.dropped = 0;
    this.paused = false;
    this.trouble = "connecting";
    list.set([]);
    this.tail = new Tail(query, startNs, {
      onstreams: (streams) => this.take(streams),
      onstate: (text, error) => {
        this.trouble = text;
        this.onchange(error);
      },
      ondropped: (count) => {
        this.dropped += count;
        this.onchange();
      },
    });
  }

  stop() {
    this.tail.stop();
  }

  take(streams) {
    const entries = entriesOf(streams, this.backward, this.seen, this.indexed());
    if (this.seen.size > 4 * LINES_MAX) this.seen.clear();  // only the newest could come again
    if (this.paused) {
      const held = this.backward ? [...entries, ...this.held] : [...this.held, ...entries];
      this.held = keepNewest(held, this.backward, LINES_MAX);
    } else {
      this.show(entries);
    }
    this.onchange();
  }

  show(entries) {
    if (this.backward) {
      this.list.prepend(entries);
      this.list.trim(LINES_MAX, true);
      return;
    }
    const view = this.list.element;
    const atEnd = view.scrollTop + view.clientHeight > view.scrollHeight - 4;
    this.list.append(entries);
    this.list.trim(LINES_MAX, false);
    if (atEnd) requestAnimationFrame(() => { view.scrollTop = view.scrollHeight; });
  }

  togglePause() {
    this.paused = !this.paused;
    if (this.paused) return;
    this.show(this.held);
    this.held = [];
  }
}
