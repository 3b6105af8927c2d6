// What is said of a happening, an operation or a fault: in the tip under the pointer, and in the panel of what is selected.
import { count, element, moment, span } from "../dom.js";
import { kindIndex, kinds } from "./model.js";

export function title(model, thing) {
  if (thing.operation) return `${thing.operation.client} ${thing.operation.what}`;
  if (thing.fault) return `fault ${thing.fault.kind}`;
  const { row } = thing;
  const node = model.nodeName(model.node[row]),
    peer = model.nodeName(model.peer[row]);
  if (model.isBetweenShards(row)) return `${node}: message between shards`;
  if (model.kind[row] === kindIndex.sent) return `${node} → ${peer}`;
  if (model.kind[row] === kindIndex.received) return peer ? `${node} ← ${peer}` : `${node} receives`;
  return `${node} ${kinds[model.kind[row]]}`;
}

// [[name, value], ...], of what is known.
export function facts(model, thing) {
  if (thing.operation) {
    const o = thing.operation;
    return [
      ["invoked", moment(o.from)],
      ["completed", o.to === Infinity ? "never" : `${moment(o.to)} (${span(o.to - o.from)})`],
      ["outcome", o.outcome],
    ];
  }
  if (thing.fault) {
    const f = thing.fault;
    return [
      ["target", f.target],
      ["peer", f.peer],
      ["amount", f.amount],
      ["from", moment(f.from)],
      ["to", `${moment(f.to)} (${span(f.to - f.from)})`],
    ].filter(([, v]) => v !== null && v !== undefined);
  }
  const { row } = thing;
  const all = [["at", moment(model.at[row], 1)]];
  const sent = model.kind[row] === kindIndex.sent;
  const to = sent ? model.arrival[row] : row,
    from = sent ? row : model.cause[row];
  if (sent && to < 0) all.push(["arrived", "not in this recording: lost, or under way"]);
  else if (to >= 0 && from >= 0 && model.kind[to] === kindIndex.received && model.kind[from] === kindIndex.sent)
    all.push([sent ? "arrived" : "sent", `${moment(model.at[sent ? to : from], 1)} (${span(model.at[to] - model.at[from])} under way)`]);
  if (model.took[row] > 0) all.push(["took", span(model.took[row])]);
  if (model.shard[row] >= 0) all.push(["shard", String(model.shard[row])]);
  if (model.bytes[row] > 0) all.push(["bytes", count(model.bytes[row])]);
  if (model.subjectOf(row)) all.push(["about", model.subjectOf(row)]);
  if (model.textOf(row)) all.push(["text", model.textOf(row)]);
  for (const [name, value] of Object.entries(model.values.get(row) ?? {})) all.push([name, value]);
  all.push(["number", `${count(model.number[row])}, after ${count(model.events[row])} trace events`]);
  return all;
}

export function factList(model, thing) {
  return element(
    "dl.facts",
    {},
    facts(model, thing).map(([name, value]) => [element("dt", {}, name), element("dd", {}, String(value))]),
  );
}

// One line, for lists.
export function line(model, row) {
  const parts = [model.subjectOf(row), model.textOf(row)];
  const values = model.values.get(row);
  if (values)
    parts.push(
      Object.entries(values)
        .filter(([n]) => n !== "id")
        .map(([n, v]) => `${n} ${v}`)
        .join(", "),
    );
  if (model.took[row] > 0) parts.push(`(${span(model.took[row])})`);
  return parts.filter(Boolean).join(" ");
}

// The causes of a happening, nearest first: what was sent for what was received, the fault that acted.
export function causes(model, row, most = 12) {
  const all = [];
  for (let at = model.cause[row]; at >= 0 && all.length < most; at = model.cause[at]) all.push(at);
  return all;
}
