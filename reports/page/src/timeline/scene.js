// Scene: the part of a life that is in view, what is shown of it, and what is under the pointer.
import { Lanes, gutter } from "./lanes.js";
import { kindIndex, kinds } from "./model.js";
import { tickKinds } from "./draw.js";

const reach = 7; // pixels around the pointer

export class View {
  constructor(end) {
    this.end = end;
    this.width = 1;
    this.whole();
  }
  // The whole life, with a little room beside it.
  whole() {
    this.set(-0.005 * this.end, 1.01 * this.end);
  }
  get nsPerPixel() {
    return (this.to - this.from) / this.width;
  }
  x(time) {
    return gutter + (time - this.from) / this.nsPerPixel;
  }
  time(x) {
    return this.from + (x - gutter) * this.nsPerPixel;
  }
  // Within the life, and no closer than 10 µs.
  set(from, to) {
    const length = Math.min(this.end * 1.02, Math.max(10_000, to - from));
    from = Math.max(-0.01 * this.end, Math.min(from, this.end * 1.01 - length));
    this.from = from;
    this.to = from + length;
  }
  pan(pixels) {
    const by = pixels * this.nsPerPixel;
    this.set(this.from + by, this.to + by);
  }
  zoom(factor, around) {
    this.set(around - (around - this.from) * factor, around + (this.to - around) * factor);
  }
}

export class Scene {
  constructor(model) {
    this.model = model;
    this.view = new View(model.end);
    this.showsKind = kinds.map(() => true);
    this.nodes = new Set(model.nodes.keys());
    this.showsOperations = true;
    this.partition = "";
    this.selected = null;
    this.width = this.height = 1;
    this.layOut();
  }

  layOut() {
    this.lanes = new Lanes(this.model, { nodes: this.nodes, faults: this.shows("fault"), operations: this.showsOperations });
    this.height = this.lanes.height;
  }
  shows(kind) {
    return this.showsKind[kindIndex[kind]];
  }
  // Whether the filters let a happening through.
  isShown(row) {
    const { model } = this;
    if (!this.showsKind[model.kind[row]]) return false;
    if (model.node[row] >= 0 && !this.nodes.has(model.node[row])) return false;
    return !(model.kind[row] === kindIndex.state && this.partition && model.subjectOf(row) !== this.partition);
  }

  rowsInView() {
    return [this.model.rowAt(this.view.from), this.model.rowAt(this.view.to + 1)];
  }
  // Those that were sent before and arrive in view are among them.
  messagesInView() {
    return [
      lowerBound(this.model.messageAt, this.view.from - Math.min(this.model.slowestMessage, 2e9)),
      lowerBound(this.model.messageAt, this.view.to),
    ];
  }
  operationsInView() {
    const all = this.lanes.operations;
    return [lowerBoundBy(all, this.view.from - (this.lanes.longestOperation ?? 0)), lowerBoundBy(all, this.view.to)];
  }

  // {row}, {operation} or {fault} under a point; null if there is none.
  pick(x, y) {
    const { lanes, view, model } = this;
    if (x < gutter) return null;
    const fault = lanes.faults.find((f) => y >= f.y && y < f.y + f.height && view.x(f.from) - 2 <= x && x <= view.x(f.to) + 3);
    if (fault) return { fault };
    if (lanes.operationsTop && y > lanes.operationsTop - 4) return this.pickOperation(x, y);
    const time = view.time(x),
      around = reach * view.nsPerPixel;
    let best = null,
      distance = reach;
    for (let i = model.rowAt(time - around), end = model.rowAt(time + around); i < end; ++i) {
      const lane = model.node[i] < 0 ? -1 : lanes.nodeY[model.node[i]];
      if (lane < 0 || !this.isShown(i)) continue;
      const near = model.kind[i] === kindIndex.process ? 0.5 : 1; // these go before what is beside them
      const row = model.elections[i] ? -21 : (tickKinds.get(model.kind[i])?.[0] ?? 0);
      const d = near * Math.hypot(view.x(model.at[i]) - x, 0.8 * (lane + row - y));
      if (d < distance) [distance, best] = [d, { row: i }];
    }
    if (best && distance < 4) return best;
    return this.shows("sent") ? this.pickMessage(x, y, distance, best) : best;
  }

  pickOperation(x, y) {
    const [begin, end] = this.operationsInView();
    for (let i = end - 1; i >= begin; --i) {
      const o = this.lanes.operations[i];
      if (y < o.y - 1 || y > o.y + o.height + 1 || this.view.x(o.from) - 2 > x) continue;
      if (o.to === Infinity || this.view.x(o.to) + 3 >= x) return { operation: o };
    }
    return null;
  }

  pickMessage(x, y, distance, best) {
    const { lanes, view, model } = this;
    let [begin, end] = this.messagesInView();
    if (end - begin > 3000) {
      // drawn as columns: those near the pointer
      begin = lowerBound(model.messageAt, view.time(x - 3));
      end = Math.min(begin + 5000, lowerBound(model.messageAt, view.time(x + 3)));
    }
    for (let m = begin; m < end; ++m) {
      const row = model.messages[m],
        to = model.arrival[row];
      if (to < 0) continue;
      const y1 = lanes.nodeY[model.node[row]],
        y2 = lanes.nodeY[model.peer[row]];
      if (y1 < 0 || y2 < 0 || y < Math.min(y1, y2) - 3 || y > Math.max(y1, y2) + 3) continue;
      const x1 = view.x(model.at[row]),
        x2 = view.x(model.at[to]);
      const dx = x2 - x1,
        dy = y2 - y1,
        length = Math.hypot(dx, dy) || 1;
      const d = Math.abs(dx * (y - y1) - dy * (x - x1)) / length;
      if (d < distance) [distance, best] = [d, { row }];
    }
    return best;
  }
}

function lowerBound(times, time) {
  let low = 0,
    high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lowerBoundBy(operations, time) {
  let low = 0,
    high = operations.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (operations[middle].from < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
