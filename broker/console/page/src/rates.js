// A chart of rates that grows as counters are polled: the last minutes of each.
import { chart } from "../../../../reports/page/src/chart.js";

const secondsMax = 120;

// `series`: [{label, colour}]; `label` says what is counted. Returns {node, add(values)}: the counters now, in the order of the series.
export function rateChart(label, series) {
  const at = [];
  const rates = series.map(() => []);
  let before = null;
  const made = chart(
    [0],
    series.map((one) => ({ ...one, values: [null], fill: undefined })),
    { label, height: 170, xText: (s) => (Math.round(s) === 0 ? "now" : `${Math.round(-s)} s`), xLabel: "ago", xRange: [-secondsMax, 0], zoom: false },
  );
  const add = (values) => {
    const now = performance.now() / 1000;
    if (before && now > before.now) {
      at.push(now);
      // A counter that falls began anew: its broker was restarted.
      values.forEach((value, i) => rates[i].push(value >= before.values[i] ? (value - before.values[i]) / (now - before.now) : null));
      while (at[0] < now - secondsMax) [at, ...rates].forEach((list) => list.shift());
    }
    before = { now, values };
    if (at.length) made.chart()?.setData([at.map((one) => one - now), ...rates]);
    return rates.map((list) => list.at(-1) ?? null);
  };
  return { node: made.node, add };
}
