// The only place that asks the network: this listener, by paths relative to the page. What is there stands in
// explorer.json: the store in this process, or Lokis that are asked through it.

import {state} from "./state.js";

export let place = {version: "", metrics: "", agent: "", sources: []};

export class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
    const at = /at line (\d+), col (\d+)/.exec(text);
    this.line = at ? Number(at[1]) : 0;
    this.column = at ? Number(at[2]) : 0;
  }
}

const here = (path) => new URL(path, document.baseURI);

export async function findPlace() {
  place = await getJson(here("explorer.json"));
}

export function source() {
  return place.sources.find((one) => one.name === state().source) ?? place.sources[0];
}

async function get(url, options) {
  let answer;
  try {
    answer = await fetch(url, {credentials: "same-origin", ...options});
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "tailrace does not answer");
  }
  if (!answer.ok) throw new ApiError(answer.status, (await answer.text()).trim() || `status ${answer.status}`);
  return answer;
}

async function getJson(url, options) {
  return (await get(url, options)).json();
}

function lokiUrl(path, params) {
  if (!source()) throw new ApiError(0, "This listener has no Loki to ask.");
  const url = here(source().loki + path);
  for (const [key, value] of Object.entries(params)) if (value !== undefined) url.searchParams.set(key, value);
  return url;
}

// Loki's API below /loki/api/v1/.
export function loki(path, params = {}, {signal, categorize = false} = {}) {
  // Labels, structured metadata and parsed fields come apart.
  const headers = categorize ? {"X-Loki-Response-Encoding-Flags": "categorize-labels"} : {};
  return getJson(lokiUrl(path, params), {signal, headers});
}

export function openTail(params) {
  const url = lokiUrl("tail", params);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(url);
}

export async function metricsText() {
  return (await get(here(place.metrics))).text();
}

export function agentStatus() {
  return getJson(here(place.agent));
}
