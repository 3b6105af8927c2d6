// Lanes: where each machine, fault and client is drawn, from top to bottom.

export const gutter = 118; // for names, at the left
const headHeight = 30; // the time axis
const nodeHeight = 58;
const faultHeight = 15;
const operationHeight = 11;
const operationRowsMax = 4; // of a client, whose operations overlap
const gap = 10;

export class Lanes {
  // `shown`: {nodes: Set of numbers, faults, operations: booleans}
  constructor(model, shown) {
    this.head = headHeight;
    let y = headHeight + 4;
    this.faults = [];
    if (shown.faults && model.faults.length) {
      const { rows, of } = stack(model.faults, 6, model.end / 400);
      this.faultTop = y;
      this.faults = model.faults.map((fault, i) => ({ ...fault, y: y + of[i] * faultHeight, height: faultHeight - 2 }));
      y += rows * faultHeight + gap;
      this.faultBottom = y - gap;
    }
    this.nodeY = new Float64Array(model.nodes.length).fill(-1); // of the line; -1: hidden
    this.nodes = [];
    model.nodes.forEach((name, node) => {
      if (!shown.nodes.has(node)) return;
      this.nodeY[node] = y + nodeHeight / 2;
      this.nodes.push({ node, name, top: y, y: y + nodeHeight / 2, height: nodeHeight });
      y += nodeHeight;
    });
    this.clients = [];
    this.operations = [];
    if (shown.operations && model.operations.length) {
      y += gap;
      this.operationsTop = y;
      const byClient = Map.groupBy ? Map.groupBy(model.operations, (o) => o.client) : group(model.operations);
      for (const [client, operations] of [...byClient].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))) {
        const { rows, of } = stack(operations, operationRowsMax, 0);
        this.clients.push({ name: client, top: y, height: rows * operationHeight + 3 });
        operations.forEach((operation, i) => this.operations.push({ ...operation, y: y + 1 + of[i] * operationHeight, height: operationHeight - 2 }));
        y += rows * operationHeight + 4;
      }
      this.operations.sort((a, b) => a.from - b.from);
      this.longestOperation = 0;
      for (const o of this.operations) this.longestOperation = Math.max(this.longestOperation, (o.to === Infinity ? model.end : o.to) - o.from);
    }
    this.height = y + 8;
  }

  nodeAt(y) {
    return this.nodes.find((lane) => y >= lane.top && y < lane.top + lane.height);
  }
}

function group(operations) {
  const all = new Map();
  for (const o of operations) (all.get(o.client) ?? all.set(o.client, []).get(o.client)).push(o);
  return all;
}

// The first free row of each span; the last row takes what does not fit. Spans come by their begins.
function stack(spans, rowsMax, distance) {
  const free = [];
  const of = spans.map((span) => {
    let row = free.findIndex((until) => until <= span.from);
    if (row < 0) row = Math.min(free.length, rowsMax - 1);
    // What never ended leaves the row to the next one.
    free[row] = Math.max(free[row] ?? 0, (span.to === Infinity ? span.from : span.to) + distance);
    return row;
  });
  return { rows: Math.max(1, free.length), of };
}
