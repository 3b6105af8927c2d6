// Asks the broker that this page came from. The token, if it wants one, is kept in memory only: it is gone with the page.
let token = null;

export const setToken = (text) => (token = text);

// Why a question was not answered. `status`: 0 if there was no answer at all.
export class AskError extends Error {
  constructor(status, message, code) {
    super(message);
    Object.assign(this, { status, code });
  }
}

async function get(path, signal, more = {}) {
  let response;
  try {
    response = await fetch(path, { signal, cache: "no-store", ...more, headers: { ...more.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new AskError(0, "This broker does not answer. It may be down, or the network between you.");
  }
  const text = await response.text();
  if (response.ok) return text;
  let said = {};
  try {
    said = JSON.parse(text);
  } catch {
    // no sentence then
  }
  throw new AskError(response.status, said.error ?? `The broker answered ${response.status}.`, said.code);
}

// ask(["topics", name], {from: 0}): an answer of the console.
export async function ask(path, parameters = {}, signal = undefined) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined && value !== ""));
  return JSON.parse(await get("api/" + path.map(encodeURIComponent).join("/") + (query.size ? "?" + query : ""), signal));
}

// Asks for a change, and returns what was done.
export async function change(name, body) {
  return JSON.parse(await get("api/changes/" + name, undefined, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));
}

// All entries of a list that is answered in parts, up to `max`: {entries, total}.
export async function askAll(path, list, parameters, max, signal) {
  const entries = [];
  for (;;) {
    const part = await ask(path, { ...parameters, from: entries.length, count: 1000 }, signal);
    entries.push(...part[list]);
    const total = part.matching ?? part.total;
    if (!part[list].length || entries.length >= Math.min(total, max)) return { entries, total, errors: part.errors ?? [], last: part };
  }
}

// The samples of this broker's metrics that are named, each the sum over its labels.
export async function askMetrics(names, signal) {
  const sums = Object.fromEntries(names.map((name) => [name, 0]));
  for (const line of (await get("../metrics", signal)).split("\n")) {
    const name = /^[a-z_]+/.exec(line)?.[0];
    if (name in sums) sums[name] += Number(line.slice(line.lastIndexOf(" ") + 1));
  }
  return sums;
}
