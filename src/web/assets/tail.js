// New lines as they come: over Loki's WebSocket, or, where there is none (a Loki that is asked through this process),
// by asking every second.

import {loki, openTail, source} from "./api.js";

const ASK_MS = 1000;
const AGAIN_MS = 2000;
const LIMIT = 1000;

export class Tail {
  // onstreams(streams), onstate(text: "" when all is well), ondropped(count)
  constructor(query, startNs, {onstreams, onstate, ondropped}) {
    this.query = query;
    this.startNs = startNs;
    this.onstreams = onstreams;
    this.onstate = onstate;
    this.ondropped = ondropped;
    this.stopped = false;
    this.connected = false;
    if (source()?.tail) this.listen();
    else this.ask();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.abort?.abort();
  }

  took(streams) {
    for (const {values} of streams) {
      for (const [ns] of values) {
        if (BigInt(ns) > BigInt(this.startNs)) this.startNs = ns;
      }
    }
    if (streams.length) this.onstreams(streams);
  }

  listen() {
    const socket = this.socket = openTail({query: this.query, start: this.startNs, limit: LIMIT});
    socket.onopen = () => {
      this.connected = true;
      this.onstate("");
    };
    socket.onmessage = ({data}) => {
      const frame = JSON.parse(data);
      this.took(frame.streams ?? []);
      if (frame.dropped_entries?.length) this.ondropped(frame.dropped_entries.length);
    };
    socket.onclose = ({reason}) => {
      if (this.stopped) return;
      // Something between may not let WebSockets through; a query says what is wrong with the query.
      if (!this.connected) return this.ask();
      this.onstate(reason || "the connection was lost; trying again");
      this.timer = setTimeout(() => this.listen(), AGAIN_MS);
    };
  }

  async ask() {
    if (this.stopped) return;
    this.abort = new AbortController();
    try {
      // From the newest time seen on: more lines may have come with it. The list knows those it has.
      const found = await loki("query_range", {
        query: this.query, start: this.startNs, end: `${BigInt(Date.now() + 1000) * 1000000n}`, limit: LIMIT,
        direction: this.asked ? "forward" : "backward",
      }, {signal: this.abort.signal, categorize: true});
      this.asked = true;
      if (this.stopped) return;
      this.onstate("");
      this.took(found.data.result);
    } catch (error) {
      if (this.stopped) return;
      this.onstate(error.message, error);
      if (error.status === 400) return;  // asking again will not make it a better query
    }
    this.timer = setTimeout(() => this.ask(), ASK_MS);
  }
}
