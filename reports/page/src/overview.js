// The overview: what the campaigns played, found and reached, and what more lives would still find.
import { chart } from "./chart.js";
import { clock, copyButton, count, duration, element, plural, section, share, short, table } from "./dom.js";
import { failingAtMost, unseen } from "./estimates.js";
import { faultMix } from "./fault_mix.js";

const sum = (list, of) => list.reduce((total, one) => total + of(one), 0);

export function overview(report) {
  const scenarios = report.scenarios;
  return [
    tiles(report, scenarios),
    findings(report),
    element("div.columns", {}, livesOverTime(report), marksOverTime(report)),
    element("div.columns", {}, faultMix(scenarios), marksTable(scenarios)),
    scenarioTable(scenarios),
    campaigns(report),
  ];
}

function tile(label, value, note) {
  return element("div.tile", {}, element("dt", {}, label), element("dd", {}, value, note ? element("small", {}, note) : null));
}

function tiles(report, scenarios) {
  const lives = sum(scenarios, (s) => s.lives);
  const failed = sum(scenarios, (s) => s.failed);
  const marks = scenarios.flatMap((s) => Object.values(s.marks));
  const cpu = sum(scenarios, (s) => s.cpu_seconds);
  const simulated = sum(scenarios, (s) => s.simulated_seconds);
  const most = failingAtMost(lives, failed);
  return element(
    "dl.tiles",
    {},
    tile("lives", count(lives), `${plural(scenarios.length, "scenario")}`),
    tile("failing", count(failed), lives ? share(failed, lives) : ""),
    tile("findings", count(report.findings.length), "causes, by signature"),
    tile("marks reached", `${count(marks.filter(([n]) => n > 0).length)} of ${count(marks.length)}`, "in each scenario"),
    tile("simulated", duration(simulated), cpu ? `${short(simulated / cpu)} s per CPU second` : ""),
    tile("at most", most > 0 && lives ? `1 in ${short(Math.max(1, 1 / most))}` : "–", "lives fail (95 % confidence, same mix)"),
  );
}

function findings(report) {
  if (report.findings.length === 0) return section("Findings", "No life failed.");
  const most = Math.max(...report.findings.map((f) => f.lives));
  const rows = report.findings.map((finding, i) => [
    element("a.finding", { href: `#finding-${i + 1}` }, finding.signature),
    [bar(finding.lives, most), count(finding.lives)],
    finding.scenario,
    String(finding.seed),
    finding.events ? count(finding.events) : "unknown",
    finding.life ? String(finding.life.faults.length) : "–",
    duration(finding.simulated_seconds),
    finding.first_seconds === null ? "–" : duration(finding.first_seconds),
    finding.replay ? copyButton(() => finding.replay, "Copy replay") : "",
  ]);
  const columns = ["signature", "#lives", "scenario", "#seed", "#events", "#faults", "#simulated", "#first after", ""];
  return section("Findings", "Failing lives of one cause are one row, with the shortest of them.", table(columns, rows, { kind: "table.findings" }));
}

function bar(value, most) {
  return element("span.bar", { style: `width:${Math.max(2, (60 * value) / most)}px`, "aria-hidden": "true" });
}

function livesOverTime(report) {
  const { seconds, lives, failed } = report.timeline;
  if (seconds.length < 2) return section("Lives over time", "Not known of these lives.");
  const total = (values) => values.reduce((all, n) => [...all, (all.at(-1) ?? 0) + n], []);
  const series = [{ label: "lives", colour: "accent", fill: "accent-soft", values: total(lives) }];
  const node = [chart(seconds, series, { label: "Lives played over time", xText: clock, xLabel: "since the campaign began", height: 190 }).node];
  if (failed.some((n) => n > 0))
    node.push(
      chart(seconds, [{ label: "failing lives", colour: "bad", fill: "bad-soft", values: total(failed), step: true }], {
        label: "Failing lives over time",
        xText: clock,
        height: 110,
      }).node,
    );
  return section("Lives over time", null, node);
}

// Each scenario's marks by themselves: what is rare in one may be common in another.
function marksOverTime(report) {
  const firsts = report.scenarios
    .flatMap((s) => Object.values(s.marks))
    .filter(([n, first]) => n > 0 && first !== null)
    .map(([, first]) => first)
    .sort((a, b) => a - b);
  const estimates = report.scenarios.map((s) => ({
    lives: s.lives,
    of: unseen(
      s.lives,
      Object.values(s.marks).map(([n]) => n),
    ),
  }));
  const seen = sum(estimates, (e) => e.of.seen);
  const hidden = sum(estimates, (e) => e.of.hidden);
  const double = sum(estimates, (e) => e.of.after(e.lives));
  const tenfold = sum(estimates, (e) => e.of.after(9 * e.lives));
  const once = sum(estimates, (e) => e.of.once);
  const note =
    `${plural(once, "mark")} of ${count(seen)} ${once === 1 ? "was" : "were"} reached by one life only. As many lives again would reach about ` +
    `${double.toFixed(1)} new ones, ten times as many ${tenfold.toFixed(1)}; ` +
    `at least ${hidden.toFixed(1)} more can be reached (Good–Turing, Chao).`;
  if (firsts.length < 2) return section("Marks discovered", note);
  const end = Math.max(report.timeline.seconds.at(-1) ?? 0, firsts.at(-1));
  const x = [],
    reached = [],
    expected = [];
  const add = (at, a, b) => (x.push(at), reached.push(a), expected.push(b));
  add(0, 0, null);
  firsts.forEach((at, i) => add(at, i + 1, null));
  add(end, firsts.length, firsts.length);
  for (let i = 1; i <= 20; ++i) add(end * (1 + i / 20), null, firsts.length + sum(estimates, (e) => e.of.after((e.lives * i) / 20)));
  return section(
    "Marks discovered",
    note,
    chart(
      x,
      [
        { label: "reached", colour: "good", fill: "good-soft", values: reached, step: true },
        { label: "expected", colour: "good", values: expected, dash: [4, 4] },
      ],
      {
        label: "Marks reached over time, and expected with as many lives again",
        xText: clock,
        xLabel: "since the campaign began",
        marks: [{ x: end, colour: "muted", text: "now", width: 1 }],
        height: 220,
      },
    ).node,
  );
}

function marksTable(scenarios) {
  const rows = scenarios.flatMap((s) => Object.entries(s.marks).map(([mark, [lives]]) => ({ scenario: s.name, mark, lives, of: s.lives })));
  rows.sort((a, b) => a.lives / a.of - b.lives / b.of || a.mark.localeCompare(b.mark));
  const rare = rows.filter((r) => r.lives / r.of < 0.05);
  const shown = (rare.length ? rare : rows).slice(0, 60);
  return section(
    "Rare marks",
    rows.length
      ? `${plural(rows.filter((r) => r.lives === 0).length, "mark")} never reached, ` +
          `${count(rare.filter((r) => r.lives).length)} by less than one life in twenty.`
      : "No marks.",
    table(
      ["mark", "scenario", "#lives"],
      shown.map((r) => ({
        class: r.lives === 0 ? "never" : null,
        cells: [r.mark, r.scenario, r.lives === 0 ? "never" : `${count(r.lives)} (${share(r.lives, r.of)})`],
      })),
      { label: "Rare marks" },
    ),
  );
}

function scenarioTable(scenarios) {
  const columns = [
    "scenario",
    "#lives",
    "#failing",
    "#at most (95 %)",
    "#events per life",
    "#simulated s per wall s",
    "#CPU s per life",
    "#marks",
    "#new marks per 1,000 more lives",
  ];
  const rows = scenarios.map((s) => {
    const marks = Object.values(s.marks).map(([n]) => n);
    const most = failingAtMost(s.lives, s.failed);
    return [
      s.name,
      count(s.lives),
      count(s.failed),
      s.lives ? `1 in ${short(1 / most)}` : "–",
      s.lives ? short(s.events / s.lives) : "–",
      s.wall_seconds ? short(s.simulated_seconds / s.wall_seconds) : "–",
      s.lives ? (s.cpu_seconds / s.lives).toFixed(2) : "–",
      `${marks.filter((n) => n > 0).length} of ${marks.length}`,
      unseen(s.lives, marks).after(1000).toFixed(1),
    ];
  });
  return section("Scenarios", null, table(columns, rows));
}

function campaigns(report) {
  const rows = report.campaigns.map((c) => [
    c.begun ?? "unknown",
    c.state,
    c.scenarios.replaceAll(",", ", "),
    `${c.first_seed}..${c.last_seed ?? ""}`,
    `${c.shard} of ${c.shards}`,
    count(c.lives),
    duration(c.elapsed_seconds),
    [c.settings, c.faults === null ? "" : "faults: " + (c.faults || "none")].filter(Boolean).join("; ") || "as the seeds choose",
    element("td.code", {}, c.build ?? "unknown"),
  ]);
  return section("Campaigns", null, table(["begun (UTC)", "state", "scenarios", "seeds", "shard", "lives", "took", "settings and faults", "build"], rows));
}
