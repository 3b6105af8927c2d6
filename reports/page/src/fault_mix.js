// Which kinds of fault failing lives have more often than others, of one scenario, since each has a mix of its own.
import { count, element, section, share, table } from "./dom.js";

export function faultMix(scenarios) {
  const failing = scenarios.filter((s) => s.failed > 0 && Object.keys(s.faults).length > 0);
  const some = failing.length ? failing : scenarios.filter((s) => Object.keys(s.faults).length > 0);
  if (some.length === 0) return section("Fault mix", "The lives have no faults, or those of failing lives only are known.");
  const body = element("div", {});
  const choose = element(
    "select",
    { "aria-label": "Scenario of the fault mix", change: () => show() },
    some.map((s, i) => element("option", { value: i }, `${s.name}: ${count(s.failed)} of ${count(s.lives)} lives fail`)),
  );
  const show = () => body.replaceChildren(bars(some[Number(choose.value)]));
  show();
  return section("Fault mix", "Of each kind, the share of failing lives that have it, above the share of the other lives.", choose, body);
}

function bars(scenario) {
  const others = scenario.lives - scenario.failed;
  const rows = Object.entries(scenario.faults).map(([kind, [lives, failing]]) => ({
    kind,
    failing,
    other: lives - failing,
    inFailing: scenario.failed ? failing / scenario.failed : 0,
    inOthers: others ? (lives - failing) / others : 0,
  }));
  rows.sort((a, b) => b.inFailing - b.inOthers - (a.inFailing - a.inOthers) || b.inOthers - a.inOthers);
  const line = (name, value) => element(`span.mix.${name}`, { style: `width:${(100 * value).toFixed(1)}%` });
  return table(
    ["fault", "", "#failing", "#others"],
    rows.map((r) => [
      r.kind,
      element("td.mixcell", { "aria-hidden": "true" }, line("failing", r.inFailing), line("others", r.inOthers)),
      share(r.failing, scenario.failed),
      share(r.other, others),
    ]),
    { label: "Fault mix", kind: "table.mixes" },
  );
}
