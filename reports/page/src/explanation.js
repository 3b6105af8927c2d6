// What `explain` and `shrink` found of a failing life: the moment of no return, the nearest life that passes, what each fault is needed for.
import { chart } from "./chart.js";
import { count, element, moment, section, share, table } from "./dom.js";
import { interval } from "./estimates.js";

export function noReturn(explained, lookAt) {
  if (!explained?.curve?.length) return section("Moment of no return", "Not searched for. `explain` does it, with --report to keep it here.");
  const { curve, failure_seconds, events, steepest } = explained;
  const x = [...curve.map((m) => m.at_seconds), failure_seconds];
  const shares = [...curve.map((m) => (m.lives ? m.failed / m.lives : 0)), 1];
  const low = [...curve.map((m) => interval(m.failed, m.lives)[0]), 1],
    high = [...curve.map((m) => interval(m.failed, m.lives)[1]), 1];
  const rise = curve[steepest],
    after = x[steepest + 1];
  const one = chart(
    x,
    [
      { label: "at most", colour: "bad-soft", values: high, width: 0.5 },
      { label: "at least", colour: "bad-soft", values: low, width: 0.5 },
      { label: "fail", colour: "bad", values: shares, points: true, width: 2 },
    ],
    {
      label: "Share of futures that fail, over the time of the life",
      yMin: 0,
      yMax: 1.02,
      yText: (v) => `${Math.round(100 * v)} %`,
      xText: (s) => `${+s.toFixed(3)} s`,
      height: 230,
      bands: [{ series: [1, 2], fill: "bad-soft" }],
      zoom: false,
      marks: [
        { x: rise.at_seconds, colour: "accent", text: "rises most" },
        { x: failure_seconds, colour: "bad", text: "violation" },
      ],
    },
  );
  return section(
    "Moment of no return",
    `The share of futures with other random streams from that moment on that fail all the same; the faults to come stay. ` +
      `The band is its 95 % interval. ` +
      (shares[steepest + 1] > shares[steepest]
        ? `It rises most after ${moment(rise.at_seconds * 1e9)}.`
        : "It rises nowhere: nothing that happens from its first moment on makes the failure likelier."),
    element(
      "div.columns",
      {},
      element(
        "div",
        {},
        one.node,
        element("button.small", { type: "button", click: () => lookAt(rise.at_seconds * 1e9, after * 1e9) }, "Show that part in the diagram"),
      ),
      table(
        ["#moment", "#events", "#failing"],
        curve.map((m, i) => ({
          class: i === steepest ? "chosen" : null,
          cells: [moment(m.at_seconds * 1e9), count(m.event), `${m.failed} of ${m.lives} (${share(m.failed, m.lives)})`],
        })),
        { label: "The curve as a table" },
      ),
    ),
    events.length ? [element("h3", {}, "What happened where it rises most"), element("pre.lines", { tabindex: "0" }, events.join("\n"))] : null,
  );
}

// What could have mattered for the violation, as lines.
export function cone(explained) {
  if (!explained?.cone?.length) return null;
  return section("What could have mattered", null, element("pre.lines", { tabindex: "0" }, explained.cone.join("\n")));
}

export function neighbour(found) {
  if (!found) return null;
  const side = (title, lines, name) =>
    element(
      `div.side.${name}`,
      {},
      element("h3", {}, title),
      element(
        "ol.lines",
        {},
        lines.map((line) => element("li", {}, line)),
      ),
    );
  return section(
    "Nearest life that passes",
    `Without fault ${found.without} the life ${found.verdict}. The first ${count(found.same_lines)} lines of their traces are the same; then:`,
    element("div.columns", {}, side("this life", found.failing, "failing"), side("the other", found.passing, "passing")),
  );
}

// Notes of the form "FAULT: what lives without it showed".
export function necessity(notes) {
  if (!notes?.length) return null;
  const rows = notes.map((note) => {
    const at = note.indexOf(": ");
    return at < 0 ? ["", note] : [note.slice(0, at), note.slice(at + 2)];
  });
  return section("What each fault is needed for", "Of the shrunk life.", table(["fault", "lives without it"], rows));
}
