// The configuration of brokers: what is set for all while they run, or all of one.
import { element, section } from "../../../../reports/page/src/dom.js";
import { ask } from "./ask.js";
import { fill, link, searchField, sortedTable } from "./views.js";

const origins = { topic: "this topic", broker: "this broker, while it runs", "all brokers": "all brokers, while they run", start: "at the broker's start", default: "default" };

const columns = [
  { name: "Property", value: (one) => one.name, cell: (one) => element("code", {}, one.name) },
  { name: "Value", value: (one) => one.value ?? "", cell: (one) => (one.value === null ? element("span.muted", {}, "secret, not shown") : one.value === "" ? "–" : one.value) },
  { name: "Set", value: (one) => one.from, cell: (one) => (one.from === "default" ? element("span.muted", {}, "default") : (origins[one.from] ?? one.from)) },
];

// What differs from the defaults first; the rest on demand. `own`: the origin that is of interest most.
export function configTable(configs, own) {
  const set = configs.filter((one) => one.from !== "default");
  const rank = (one) => (one.from === own ? 0 : 1);
  set.sort((a, b) => rank(a) - rank(b));
  const first = sortedTable("Properties that are set", columns, { sortBy: 2, step: 200, empty: "Nothing is set: all is default." });
  const all = sortedTable("All properties", columns, { step: 200 });
  first.setRows(set);
  all.setRows(configs);
  return [first.node, element("details", { "data-key": "all configs" }, element("summary", {}, `All ${configs.length} properties`), all.node)];
}

export function configs(broker) {
  const search = searchField("properties");
  const which = element("nav.chips", { "aria-label": "Whose configuration" });
  const list = sortedTable("Configuration", columns, { search, step: 500, empty: "Nothing is set for all brokers while they run." });
  const title = broker === undefined ? "Configuration" : `Configuration of broker ${broker}`;
  return {
    title,
    nodes: [section(title, null, which, search, list.node)],
    period: 15_000,
    async refresh(signal) {
      const [cluster, found] = await Promise.all([ask(["cluster"], {}, signal), ask(["configs"], { broker }, signal)]);
      const chip = (path, text, chosen) => {
        const made = link(path, text);
        made.className = "chip";
        if (chosen) made.setAttribute("aria-current", "page");
        return made;
      };
      fill(
        which,
        chip(["configs"], "all brokers", broker === undefined),
        cluster.brokers.filter((one) => one.alive).map((one) => chip(["configs", String(one.id)], `broker ${one.id}`, String(one.id) === broker)),
      );
      list.setRows(found.configs);
      return `${found.configs.length} properties`;
    },
  };
}
