// Draws the diagram: what is in view, one by one where there is room, and counted by columns of pixels where there is not.
import { colour } from "../theme.js";
import { moment } from "../dom.js";
import { arrow, drawMessages } from "./draw_messages.js";
import { gutter } from "./lanes.js";
import { kindIndex, lifeOf } from "./model.js";

const kindRow = new Map([
  // offset from the lane's line, and colour
  [kindIndex.state, [-19, "state"]],
  [kindIndex.log, [-11, "log"]],
  [kindIndex.client, [0, "client"]],
  [kindIndex.disk, [10, "disk"]],
  [kindIndex.sync, [18, "sync"]],
]);
export const tickKinds = kindRow;

export function draw(ctx, scene) {
  const { width, height } = scene;
  ctx.clearRect(0, 0, width, height);
  ctx.font = "11px system-ui, sans-serif";
  ctx.textBaseline = "middle";
  drawGround(ctx, scene);
  ctx.save();
  ctx.beginPath();
  ctx.rect(gutter, 0, width - gutter, height);
  ctx.clip();
  drawSpans(ctx, scene);
  if (scene.shows("sent")) drawMessages(ctx, scene);
  drawTicks(ctx, scene);
  drawProcesses(ctx, scene);
  drawOperations(ctx, scene);
  drawFaults(ctx, scene);
  drawViolations(ctx, scene);
  drawChosen(ctx, scene);
  ctx.restore();
  drawAxis(ctx, scene);
  drawNames(ctx, scene);
}

// Steps of 1, 2 or 5, at least so many pixels apart.
export function timeStep(nsPerPixel, pixels = 90) {
  const least = nsPerPixel * pixels;
  const power = Math.pow(10, Math.floor(Math.log10(least)));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least);
}

function drawGround(ctx, { lanes, width, height, view }) {
  ctx.fillStyle = colour("surface");
  ctx.fillRect(0, 0, width, height);
  ctx.fillStyle = colour("lane");
  lanes.nodes.forEach((lane, i) => i % 2 === 0 && ctx.fillRect(0, lane.top, width, lane.height));
  ctx.strokeStyle = colour("grid");
  ctx.lineWidth = 1;
  ctx.beginPath();
  const step = timeStep(view.nsPerPixel);
  for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) {
    const x = Math.round(view.x(t)) + 0.5;
    if (x < gutter) continue;
    ctx.moveTo(x, lanes.head);
    ctx.lineTo(x, height);
  }
  ctx.stroke();
  if (lanes.operationsTop) {
    ctx.beginPath();
    ctx.moveTo(0, lanes.operationsTop - 5.5);
    ctx.lineTo(width, lanes.operationsTop - 5.5);
    ctx.strokeStyle = colour("line");
    ctx.stroke();
  }
}

// Life lines: absent machines, faults on them, and who leads the chosen partition.
function drawSpans(ctx, scene) {
  const { lanes, view, model, width } = scene;
  const left = (t) => Math.max(gutter, view.x(t));
  const right = (t) => (t === Infinity ? width : Math.min(width, view.x(t)));
  if (scene.shows("fault"))
    for (const fault of model.faults) {
      const y = fault.node < 0 ? -1 : lanes.nodeY[fault.node];
      if (y < 0 || fault.to < view.from || fault.from > view.to) continue;
      ctx.fillStyle = colour("fault-soft");
      ctx.fillRect(left(fault.from), y - 27, Math.max(1, right(fault.to) - left(fault.from)), 54);
    }
  if (model.first > view.from) {
    ctx.fillStyle = hatched(ctx, colour("grid"));
    ctx.fillRect(gutter, lanes.head, right(model.first) - gutter, scene.height - lanes.head);
  }
  for (const lane of lanes.nodes) {
    ctx.fillStyle = colour("line");
    ctx.fillRect(gutter, lane.y - 0.5, width, 1);
  }
  for (const span of model.absent) {
    const y = lanes.nodeY[span.node];
    if (y < 0 || span.to < view.from || span.from > view.to) continue;
    const x = left(span.from),
      w = Math.max(1, right(span.to) - x);
    ctx.fillStyle = colour(span.what === "down" ? "down-soft" : "paused-soft");
    ctx.fillRect(x, y - 8, w, 16);
    ctx.fillStyle = hatched(ctx, colour(span.what === "down" ? "down" : "paused"));
    ctx.fillRect(x, y - 8, w, 16);
    if (w > 60) {
      ctx.fillStyle = colour("ink");
      ctx.fillText(span.what, x + 6, y);
    }
  }
  for (const lead of model.leaders) {
    if (scene.partition && lead.subject !== scene.partition) continue;
    const y = lanes.nodeY[lead.node];
    if (y < 0 || !scene.partition || lead.to < view.from || lead.from > view.to) continue;
    const x = left(lead.from),
      w = Math.max(2, right(lead.to) - x);
    ctx.fillStyle = colour("state");
    ctx.fillRect(x, y - 2, w, 4);
    if (w > 80) ctx.fillText(`leads, epoch ${lead.epoch}`, x + 4, y - 8);
  }
}

let hatchCache = new Map();
function hatched(ctx, stroke) {
  if (hatchCache.has(stroke)) return hatchCache.get(stroke);
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const c = tile.getContext("2d");
  c.strokeStyle = stroke;
  c.globalAlpha = 0.5;
  c.lineWidth = 1;
  c.beginPath();
  c.moveTo(-2, 10);
  c.lineTo(10, -2);
  c.moveTo(-2, 2);
  c.lineTo(2, -2);
  c.moveTo(6, 10);
  c.lineTo(10, 6);
  c.stroke();
  hatchCache.set(stroke, ctx.createPattern(tile, "repeat"));
  return hatchCache.get(stroke);
}

// A mark for each column with happenings of a kind on a lane; taller where there are more.
function drawTicks(ctx, scene) {
  const { lanes, view, model, width } = scene;
  const { at, kind, node } = model;
  const [begin, end] = scene.rowsInView();
  const counts = new Map();
  for (let i = begin; i < end; ++i) {
    const lane = node[i];
    if (lane < 0 || lanes.nodeY[lane] < 0 || !kindRow.has(kind[i]) || !scene.showsKind[kind[i]]) continue;
    if (kind[i] === kindIndex.state && scene.partition && model.subjectOf(i) !== scene.partition) continue;
    const x = (view.x(at[i]) - gutter) | 0;
    if (x < 0 || x >= width) continue;
    const key = lane * 16 + kind[i];
    let column = counts.get(key);
    if (!column) counts.set(key, (column = new Uint16Array(width)));
    if (column[x] < 65535) ++column[x];
  }
  const few = end - begin < 1500; // then there is room
  for (const [key, column] of counts) {
    const [offset, name] = kindRow.get(key % 16);
    const y = lanes.nodeY[Math.floor(key / 16)] + offset;
    ctx.fillStyle = colour(name);
    for (let x = 0; x < column.length; ++x) {
      if (column[x] === 0) continue;
      const h = few ? 7 : Math.min(8, 3 + 1.4 * Math.log2(column[x]));
      ctx.fillRect(gutter + x - (few ? 1 : 0.5), y - h / 2, few ? 3 : 2, h);
    }
  }
  // What took time is a line to where it ended, if there is room for it.
  if (end - begin > 20_000) return;
  for (const name of ["disk", "sync"]) {
    if (!scene.shows(name)) continue;
    const [offset] = kindRow.get(kindIndex[name]);
    ctx.fillStyle = colour(name);
    for (let i = begin; i < end; ++i) {
      if (kind[i] !== kindIndex[name] || model.took[i] <= 0 || lanes.nodeY[node[i]] < 0) continue;
      const w = model.took[i] / view.nsPerPixel;
      if (w > 1.5) ctx.fillRect(view.x(at[i]) - w, lanes.nodeY[node[i]] + offset - 1, w, 2);
    }
  }
}

function drawProcesses(ctx, scene) {
  const { lanes, view, model } = scene;
  if (!scene.shows("process") && !scene.shows("state")) return;
  const [begin, end] = scene.rowsInView();
  for (let i = begin; i < end; ++i) {
    const y = model.node[i] < 0 ? -1 : lanes.nodeY[model.node[i]];
    if (y < 0) continue;
    const x = view.x(model.at[i]);
    if (scene.shows("process") && model.kind[i] === kindIndex.process) {
      const what = lifeOf(model.textOf(i)),
        up = what === "up";
      ctx.fillStyle = colour(up ? "good" : what === "down" ? "bad" : "paused");
      ctx.beginPath();
      if (up) (ctx.moveTo(x - 5, y - 6), ctx.lineTo(x + 6, y), ctx.lineTo(x - 5, y + 6));
      else ctx.rect(x - 4.5, y - 4.5, 9, 9);
      ctx.fill();
    } else if (scene.shows("state") && model.elections[i] && (!scene.partition || model.subjectOf(i) === scene.partition)) {
      ctx.fillStyle = colour("state");
      ctx.beginPath();
      ctx.moveTo(x, y - 26);
      ctx.lineTo(x + 4, y - 21);
      ctx.lineTo(x, y - 16);
      ctx.lineTo(x - 4, y - 21);
      ctx.fill();
    }
  }
}

export function outcomeColour(outcome) {
  if (/^ok|records|^offset|^epoch|^generation|^\d/.test(outcome)) return "good";
  if (/^fail|^error/.test(outcome)) return "bad";
  if (/^unknown/.test(outcome)) return "fault";
  return outcome === "pending" ? "muted" : "client";
}

function drawOperations(ctx, scene) {
  const { lanes, view, width } = scene;
  const fills = new Map();
  const open = []; // never completed
  const [begin, end] = scene.operationsInView();
  const crowded = end - begin > 4000;
  const taken = new Map(); // with many: one mark a column
  for (let i = begin; i < end; ++i) {
    const o = lanes.operations[i];
    const x = Math.max(gutter - 2, view.x(o.from)),
      to = o.to === Infinity ? width : view.x(o.to);
    if (to < gutter || x > width) continue;
    const name = outcomeColour(o.outcome);
    if (crowded && to - x < 1) {
      const key = name + o.y;
      if (taken.get(key) === (x | 0)) continue;
      taken.set(key, x | 0);
    }
    if (o.to === Infinity) {
      open.push([colour(name), x, o.y, width - x, o.height]);
      continue;
    }
    if (!fills.has(name)) fills.set(name, []);
    fills.get(name).push(x, o.y, Math.max(1.5, Math.min(width, to) - x - 0.5), o.height);
  }
  for (const [name, rects] of fills) {
    ctx.fillStyle = colour(name);
    ctx.globalAlpha = 0.8;
    for (let i = 0; i < rects.length; i += 4) ctx.fillRect(rects[i], rects[i + 1], rects[i + 2], rects[i + 3]);
  }
  for (const [fill, x, y, w, h] of open) {
    ctx.fillStyle = fill;
    ctx.globalAlpha = 0.8;
    ctx.fillRect(x, y, 3, h);
    ctx.globalAlpha = 0.25;
    ctx.fillRect(x, y + h / 2 - 1, w, 2);
  }
  ctx.globalAlpha = 1;
}

function drawFaults(ctx, { lanes, view, width }) {
  for (const fault of lanes.faults) {
    const x = Math.max(gutter, view.x(fault.from)),
      to = Math.min(width, view.x(fault.to));
    if (to < gutter || x > width) continue;
    const w = Math.max(3, to - x);
    ctx.fillStyle = colour("fault");
    ctx.globalAlpha = 0.85;
    ctx.fillRect(x, fault.y, w, fault.height);
    ctx.globalAlpha = 1;
    const text = `${fault.kind} ${fault.target}${fault.peer ? "–" + fault.peer : ""}`;
    if (ctx.measureText(text).width + 8 > w) continue;
    ctx.fillStyle = colour("fault-ink");
    ctx.fillText(text, x + 4, fault.y + fault.height / 2 + 0.5);
  }
}

function drawViolations(ctx, { model, view, lanes, height }) {
  ctx.strokeStyle = colour("bad");
  let shown = 0;
  for (const violation of model.violations) {
    if (violation.at_seconds === null) continue;
    ctx.globalAlpha = shown++ === 0 ? 1 : 0.3; // it is the first that matters
    const x = Math.round(view.x(violation.at_seconds * 1e9)) + 0.5;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([5, 3]);
    ctx.beginPath();
    ctx.moveTo(x, lanes.head - 6);
    ctx.lineTo(x, height);
    ctx.stroke();
    ctx.setLineDash([]);
  }
  ctx.globalAlpha = 1;
}

// What is selected: the happening, and the line of the message that it belongs to.
function drawChosen(ctx, { model, view, lanes, selected }) {
  if (!selected) return;
  ctx.strokeStyle = ctx.fillStyle = colour("accent");
  ctx.lineWidth = 2.5;
  if (selected.operation || selected.fault) {
    const box = selected.operation ?? selected.fault;
    const x = view.x(box.from);
    ctx.strokeRect(x - 2, box.y - 2, Math.max(4, (box.to === Infinity ? 1e5 : view.x(box.to)) - x + 4), box.height + 4);
    return;
  }
  const row = selected.row;
  const y = model.node[row] < 0 ? lanes.head : lanes.nodeY[model.node[row]];
  if (y < 0) return;
  const sent = model.kind[row] === kindIndex.sent ? row : model.kind[row] === kindIndex.received ? model.cause[row] : -1;
  const to = sent >= 0 ? model.arrival[sent] : -1;
  if (to >= 0 && model.node[sent] >= 0 && model.peer[sent] >= 0) {
    const y1 = lanes.nodeY[model.node[sent]],
      y2 = lanes.nodeY[model.peer[sent]];
    if (y1 >= 0 && y2 >= 0) {
      ctx.beginPath();
      ctx.moveTo(view.x(model.at[sent]), y1);
      ctx.lineTo(view.x(model.at[to]), y2);
      ctx.stroke();
      ctx.beginPath();
      arrow(ctx, view.x(model.at[sent]), y1, view.x(model.at[to]), y2);
      ctx.fill();
    }
  }
  const offset = kindRow.get(model.kind[row])?.[0] ?? 0;
  ctx.beginPath();
  ctx.arc(view.x(model.at[row]), y + offset, 6, 0, 7);
  ctx.stroke();
}

function drawAxis(ctx, { view, lanes, width, model }) {
  ctx.fillStyle = colour("surface");
  ctx.fillRect(gutter, 0, width, lanes.head);
  ctx.fillStyle = colour("line");
  ctx.fillRect(0, lanes.head - 1, width, 1);
  const step = timeStep(view.nsPerPixel);
  ctx.fillStyle = colour("muted");
  ctx.textAlign = "center";
  for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) {
    const x = view.x(t);
    if (x > gutter + 20 && x < width - 20) ctx.fillText(moment(t, step), x, 11);
  }
  if (model.violationAt >= view.from && model.violationAt <= view.to) {
    const x = view.x(model.violationAt);
    ctx.fillStyle = colour("bad");
    ctx.textAlign = x > width - 60 ? "right" : "center";
    ctx.fillText("violation", Math.min(width - 4, x), 22);
  }
  ctx.textAlign = "left";
}

function drawNames(ctx, { lanes, height }) {
  ctx.fillStyle = colour("surface");
  ctx.fillRect(0, 0, gutter, height);
  ctx.fillStyle = colour("line");
  ctx.fillRect(gutter - 1, 0, 1, height);
  ctx.fillStyle = colour("muted");
  if (lanes.faults.length) ctx.fillText("faults", 10, (lanes.faultTop + lanes.faultBottom) / 2);
  for (const client of lanes.clients) ctx.fillText(fit(ctx, client.name, gutter - 16), 10, client.top + client.height / 2 - 1);
  ctx.fillStyle = colour("ink");
  ctx.font = "600 12px system-ui, sans-serif";
  for (const lane of lanes.nodes) ctx.fillText(fit(ctx, lane.name, gutter - 16), 10, lane.y);
  ctx.font = "11px system-ui, sans-serif";
}

function fit(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let short = text;
  while (short.length > 3 && ctx.measureText(short + "…").width > width) short = short.slice(0, -1);
  return short + "…";
}
