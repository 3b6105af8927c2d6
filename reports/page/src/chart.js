// Charts, drawn by uPlot in the page's colours; drawn anew when the theme or the width changes.
import uPlot from "uplot";
import { colour, onTheme } from "./theme.js";
import { short } from "./dom.js";

const axisFont = "11px system-ui, sans-serif";

function axis(more) {
  return {
    stroke: () => colour("muted"),
    font: axisFont,
    grid: { stroke: () => colour("grid"), width: 1 },
    ticks: { stroke: () => colour("grid"), width: 1, size: 4 },
    ...more,
  };
}

// `series`: [{label, colour (a name of theme.js), values, dash, fill, step, points}]; `x`: ascending numbers.
// `options`: {label, height, xText, yText, xLabel, yLabel, marks: [{x, colour, text}], yMax, sync, onRange, bands}
// Returns {node, setRange(from, to), chart()}.
export function chart(x, series, options) {
  const node = document.createElement("figure");
  node.className = "chart";
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", options.label);
  let plot = null;
  const stepped = uPlot.paths.stepped({ align: 1 });
  const make = () => {
    const range = plot && options.keepRange ? { min: plot.scales.x.min, max: plot.scales.x.max } : null;
    plot?.destroy();
    plot = new uPlot(
      {
        width: Math.max(200, node.clientWidth),
        height: options.height ?? 220,
        padding: [10, 12, 0, 0],
        cursor: {
          y: false,
          points: { size: 6 },
          drag: { x: options.zoom !== false, y: false },
          sync: options.sync ? { key: options.sync } : undefined,
        },
        legend: { live: true },
        scales: {
          x: { time: false, range: options.xRange ? () => options.xRange : undefined },
          y: { range: (_, min, max) => [options.yMin ?? Math.min(0, min ?? 0), options.yMax ?? Math.max((max ?? 1) * 1.05, (min ?? 0) + 1e-9 || 1)] },
        },
        axes: [
          axis({ values: (_, ticks) => ticks.map(options.xText ?? short), label: options.xLabel, labelFont: axisFont, labelSize: 18, size: 30 }),
          axis({ values: (_, ticks) => ticks.map(options.yText ?? short), label: options.yLabel, labelFont: axisFont, labelSize: 18, size: 46 }),
        ],
        series: [
          { label: options.xLabel ?? "at", value: (_, v) => (v === null ? "–" : (options.xText ?? short)(v)) },
          ...series.map((one) => ({
            label: one.label,
            stroke: () => colour(one.colour),
            fill: one.fill ? () => colour(one.fill) : undefined,
            width: one.width ?? 1.75,
            dash: one.dash,
            paths: one.step ? stepped : undefined,
            points: { show: one.points ?? false, size: 5 },
            spanGaps: one.spanGaps ?? false,
            value: (_, v) => (v === null || v === undefined ? "–" : (options.yText ?? short)(v)),
          })),
        ],
        bands: options.bands?.map((band) => ({ series: band.series, fill: () => colour(band.fill) })),
        hooks: {
          draw: [(u) => drawMarks(u, options.marks ?? [])],
          setScale: [(u, key) => key === "x" && options.onRange?.(u.scales.x.min, u.scales.x.max)],
        },
      },
      [x, ...series.map((one) => one.values)],
      node,
    );
    if (range) plot.setScale("x", range);
  };
  let width = 0;
  new ResizeObserver(() => {
    if (node.clientWidth === width || node.clientWidth === 0) return;
    width = node.clientWidth;
    if (plot) plot.setSize({ width, height: options.height ?? 220 });
    else make();
  }).observe(node);
  onTheme(() => plot?.redraw());
  return { node, setRange: (min, max) => plot?.setScale("x", { min, max }), chart: () => plot };
}

// Vertical lines, with a text at their top.
function drawMarks(u, marks) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  for (const mark of marks) {
    const x = u.valToPos(mark.x, "x", true);
    if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
    ctx.strokeStyle = ctx.fillStyle = colour(mark.colour);
    ctx.lineWidth = devicePixelRatio * (mark.width ?? 1.5);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (!mark.text) continue;
    const right = x + ctx.measureText(mark.text).width + 8 * devicePixelRatio > bbox.left + bbox.width;
    ctx.textAlign = right ? "right" : "left";
    ctx.fillText(mark.text, x + (right ? -4 : 4) * devicePixelRatio, bbox.top + 11 * devicePixelRatio);
  }
  ctx.restore();
}
