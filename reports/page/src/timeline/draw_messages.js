// Draws messages as lines between the lanes of their machines: one by one where there is room, and counted by columns of pixels where there
// is not.
import { colour, isDark } from "../theme.js";
import { gutter } from "./lanes.js";

const singleMessagesMax = 3000; // drawn as lines of their own
const arrowsMax = 500;
const shades = [0.1, 0.18, 0.3, 0.5, 0.85]; // of lines that stand for more and more messages

export function drawMessages(ctx, scene) {
  const { lanes, view, model, width } = scene;
  const { messages, arrival, at, node, peer } = model;
  const [begin, end] = scene.messagesInView();
  const base = isDark() ? 1.25 : 1;
  ctx.strokeStyle = colour("message");
  if (end - begin <= singleMessagesMax) {
    const alpha = end - begin < 300 ? 0.75 : 0.4;
    const lost = [];
    ctx.globalAlpha = Math.min(1, alpha * base);
    ctx.lineWidth = 1;
    ctx.beginPath();
    const heads = end - begin <= arrowsMax ? [] : null;
    for (let m = begin; m < end; ++m) {
      const row = messages[m],
        to = arrival[row];
      const y1 = lanes.nodeY[node[row]],
        y2 = lanes.nodeY[peer[row]];
      if (y1 < 0 || y2 < 0) continue;
      const x1 = view.x(at[row]);
      if (to < 0) {
        lost.push(x1, y1, y2 > y1 ? 1 : -1);
        continue;
      }
      const x2 = view.x(at[to]);
      if (x2 < gutter || x1 > width) continue;
      ctx.moveTo(x1, y1);
      ctx.lineTo(x2, y2);
      heads?.push(x1, y1, x2, y2);
    }
    ctx.stroke();
    if (heads) {
      ctx.fillStyle = colour("message");
      ctx.beginPath();
      for (let i = 0; i < heads.length; i += 4) arrow(ctx, heads[i], heads[i + 1], heads[i + 2], heads[i + 3]);
      ctx.fill();
    }
    ctx.setLineDash([2, 2]);
    ctx.strokeStyle = colour("bad");
    ctx.beginPath();
    for (let i = 0; i < lost.length; i += 3) {
      ctx.moveTo(lost[i], lost[i + 1]);
      ctx.lineTo(lost[i] + 4, lost[i + 1] + 12 * lost[i + 2]);
    }
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
    return;
  }
  // By columns: how many lines of each pair of lanes begin in each.
  const columns = new Map();
  const size = model.nodes.length;
  for (let m = begin; m < end; ++m) {
    const row = messages[m];
    const from = node[row],
      to = peer[row];
    if (lanes.nodeY[from] < 0 || lanes.nodeY[to] < 0) continue;
    const x = (view.x(at[row]) - gutter) | 0;
    if (x < 0 || x >= width) continue;
    const pair = from < to ? from * size + to : to * size + from;
    let counts = columns.get(pair);
    if (!counts) columns.set(pair, (counts = new Uint16Array(width)));
    if (counts[x] < 65535) ++counts[x];
  }
  for (let shade = 0; shade < shades.length; ++shade) {
    ctx.globalAlpha = Math.min(1, shades[shade] * base);
    ctx.beginPath();
    for (const [pair, counts] of columns) {
      const y1 = lanes.nodeY[Math.floor(pair / size)],
        y2 = lanes.nodeY[pair % size];
      for (let x = 0; x < counts.length; ++x) {
        if (counts[x] === 0 || Math.min(shades.length - 1, Math.floor(Math.log2(counts[x]))) !== shade) continue;
        ctx.moveTo(gutter + x + 0.5, y1);
        ctx.lineTo(gutter + x + 0.5, y2);
      }
    }
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
}

export function arrow(ctx, x1, y1, x2, y2) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const dx = (x2 - x1) / length,
    dy = (y2 - y1) / length;
  ctx.moveTo(x2, y2);
  ctx.lineTo(x2 - 6 * dx - 2.5 * dy, y2 - 6 * dy + 2.5 * dx);
  ctx.lineTo(x2 - 6 * dx + 2.5 * dy, y2 - 6 * dy - 2.5 * dx);
}
