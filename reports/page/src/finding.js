// The page of a finding: its shortest life, what it violates, and what is known of why.
import { copyButton, count, duration, element, moment, plural, saveButton, section, span, table } from "./dom.js";
import { cone, necessity, neighbour, noReturn } from "./explanation.js";
import { replicaCharts } from "./replicas.js";
import { Model } from "./timeline/model.js";
import { Timeline } from "./timeline/timeline.js";

const violationsShown = 2;

// Returns {nodes, leave}.
export function findingPage(finding) {
  const { life } = finding;
  if (!life) return { nodes: [summary(finding)], leave: () => {} };
  const model = new Model(life);
  let charts = null,
    from = null; // who moves the view tells the other, once
  const timeline = new Timeline(model, (begin, end) => {
    if (from === "charts") return;
    from = "timeline";
    charts?.setRange(begin, end);
    from = null;
  });
  charts = replicaCharts(model, (begin, end) => {
    if (from === "timeline") return;
    from = "charts";
    timeline.look(begin, end);
    from = null;
  });
  timeline.onPartition = (partition) => charts?.choose(partition);
  window.reportTimeline = timeline; // for tests and for curious people
  const lookAt = (begin, end) => {
    timeline.look(begin - (end - begin) * 0.1, end + (end - begin) * 0.1);
    timeline.node.scrollIntoView({ block: "start" });
    timeline.canvas.focus({ preventScroll: true });
  };
  return {
    nodes: [
      summary(finding),
      section("Space and time", recorded(model, life), timeline.node),
      charts?.node,
      noReturn(life.explanation, lookAt),
      cone(life.explanation),
      neighbour(life.explanation?.neighbour),
      necessity(life.notes),
      element("div.columns", {}, faults(life), settings(life)),
      capsule(finding),
    ].filter(Boolean),
    leave: () => timeline.leave(),
  };
}

function recorded(model, life) {
  if (model.size === 0)
    return life.operations.length || life.faults.length
      ? "What happened in this life is not in the report: only its faults" + (life.operations.length ? " and operations" : "") + " are shown."
      : "What happened in this life is not in the report.";
  const left = model.all - model.size;
  const kept = plural(model.size, "happening");
  if (left === 0) return `${kept}, all there were.`;
  return `${kept}; ${count(left)} others, before ${moment(model.first)} or after ${moment(model.at[model.size - 1])}, were left out.`;
}

function summary(finding) {
  const { life } = finding;
  const facts = [
    ["scenario", finding.scenario],
    ["seed", String(finding.seed)],
    ["lives that fail so", count(finding.lives)],
    ["events", finding.events ? count(finding.events) : "unknown, as it crashed"],
    ["simulated", duration(finding.simulated_seconds)],
    life ? ["faults", count(life.faults.length)] : null,
    life?.hash ? ["trace hash", life.hash] : null,
    life?.build ? ["build", life.build] : null,
  ].filter(Boolean);
  const violations = life?.violations ?? [];
  return element(
    "section.card.summary",
    { "aria-label": "Summary" },
    violations.slice(0, violationsShown).map(violation),
    violations.length > violationsShown
      ? element(
          "details",
          {},
          element("summary", {}, `${plural(violations.length - violationsShown, "more violation")} of this life`),
          violations.slice(violationsShown).map(violation),
        )
      : null,
    element(
      "dl.facts.row",
      {},
      facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
    ),
    finding.replay
      ? element(
          "p.replay",
          {},
          element("code", {}, finding.replay),
          copyButton(() => finding.replay),
        )
      : null,
    life?.description
      ? element("details", {}, element("summary", {}, "As the campaign printed it"), element("pre.lines", { tabindex: "0" }, life.description))
      : null,
  );
}

function violation(one) {
  const at = one.at_seconds === null ? null : element("span.at", {}, ` at ${moment(one.at_seconds * 1e9)}`);
  return element("div.violation", {}, element("p.what", {}, `${one.property}: ${one.anomaly}`, at), element("pre", { tabindex: "0" }, one.text));
}

function faults(life) {
  if (life.faults.length === 0) return section("Faults", "None.");
  const rows = life.faults.map((f) => [
    `${f.at_seconds.toFixed(3)} s`,
    span(f.duration_seconds * 1e9),
    ...[f.kind, f.target, f.peer ?? "", f.amount ?? ""].map(String),
  ]);
  return section("Faults", null, table(["#at", "#for", "kind", "target", "peer", "amount"], rows, { label: "Faults" }));
}

function settings(life) {
  const rows = Object.entries(life.settings).map(([name, value]) => [name.replaceAll("_", " "), count(value)]);
  return rows.length ? section("Settings", null, table(["setting", "#value"], rows, { label: "Settings" })) : null;
}

function capsule(finding) {
  const { life } = finding;
  const text = life.capsule ?? life.plan;
  if (!text) return null;
  const name = `${finding.scenario}-${finding.seed}${life.capsule ? ".capsule" : ""}.json`;
  return section(
    life.capsule ? "Capsule" : "Plan",
    life.capsule ? "Save it as a file; `replay`, `shrink`, `explain`, `debug` and `verify` take it." : "Save it as a file; `replay` plays it.",
    element(
      "p",
      {},
      copyButton(() => text),
      saveButton(name, () => text, `Save ${name}`),
    ),
    element("pre.capsule", { tabindex: "0", "aria-label": name }, text),
  );
}
