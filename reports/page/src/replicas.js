// Offsets, high watermarks and epochs of a partition's replicas over time, beside the diagram: the same part of the life is in view.
import { chart } from "./chart.js";
import { element, section, short } from "./dom.js";

const hues = ["series-1", "series-2", "series-3", "series-4", "series-5"];
const wanted = [
  // [of `values`, title]
  ["log end", "Log end offset"],
  ["high watermark", "High watermark"],
  ["epoch", "Leader epoch"],
];

// Returns {node, setRange, choose} or null, if nothing is known of replicas.
export function replicaCharts(model, onRange) {
  const subjects = [...model.replicas.keys()].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (subjects.length === 0) return null;
  const body = element("div", {});
  let charts = [],
    busy = false,
    range = null;
  const show = () => {
    charts = series(model, choose.value).map(({ title, x, lines }) => {
      const one = chart(x, lines, {
        label: `${title} of ${choose.value} over time`,
        height: 150,
        xText: (s) => `${+s.toFixed(6)} s`,
        yText: short,
        sync: "life",
        keepRange: true,
        yMin: undefined,
        onRange: (from, to) => busy || from === null || !settled || onRange(from * 1e9, to * 1e9),
        marks: model.violationAt >= 0 ? [{ x: model.violationAt / 1e9, colour: "bad", text: "violation" }] : [],
      });
      return { title, ...one };
    });
    body.replaceChildren(
      ...(charts.length
        ? charts.map((one) => element("div", {}, element("h3", {}, one.title), one.node))
        : [element("p.note", {}, "Nothing is known of it.")]),
    );
    let settled = false;
    setTimeout(() => (settled = true), 300);
    if (range) setTimeout(() => setRange(...range), 0);
  };
  const choose = element(
    "select",
    { "aria-label": "Partition of the charts", change: () => show() },
    subjects.map((s) => element("option", { value: s }, s)),
  );
  choose.value = model.mainSubject();
  const setRange = (from, to) => {
    range = [from, to];
    busy = true;
    for (const one of charts) one.setRange(from / 1e9, to / 1e9);
    busy = false;
  };
  show();
  return {
    node: section("Replicas over time", null, choose, body),
    setRange,
    choose: (partition) => {
      if (!partition || partition === choose.value) return;
      choose.value = partition;
      show();
    },
  };
}

// For each of the values, all moments, and a line for each machine, which ends where its process does.
function series(model, subject) {
  const rows = model.replicas.get(subject);
  const nodes = [...new Set(rows.map((row) => model.node[row]))].sort((a, b) => a - b);
  const all = [];
  for (const [key, title] of wanted) {
    const told = rows.filter((row) => model.values.get(row)[key] !== undefined);
    if (told.length === 0) continue;
    const moments = [...told, ...model.ends.filter((row) => nodes.includes(model.node[row]))].sort((a, b) => a - b);
    const x = moments.map((row) => model.at[row] / 1e9);
    const lines = nodes.map((node, i) => {
      let now = null;
      const values = moments.map((row) => {
        if (model.node[row] === node) now = model.values.has(row) ? Number(model.values.get(row)[key]) : null;
        return now;
      });
      return { label: model.nodeName(node), colour: hues[i % hues.length], step: true, values };
    });
    all.push({ title, x, lines });
  }
  return all;
}
