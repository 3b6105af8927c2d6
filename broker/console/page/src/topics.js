// The list of topics, and one topic: its partitions, its configuration, and how fast it grows.
import { count, element, section, table } from "../../../../reports/page/src/dom.js";
import { ask, askAll } from "./ask.js";
import { offer } from "./changes.js";
import { configTable } from "./configs.js";
import { replicas, troubleState } from "./overview.js";
import { rateChart } from "./rates.js";
import { recordsBrowser } from "./records.js";
import { addPartitions, alterTopic, createTopic, deleteTopic, electLeaders } from "./topic_changes.js";
import { bytes, errorsNote, fill, link, notice, number, searchField, sortedTable, state, tile, tiles } from "./views.js";

const topicsMax = 20_000;
const worst = (topic) => (topic.offline ? 3 : topic.under_min_isr ? 2 : topic.under_replicated ? 1 : 0);

function topicState(topic) {
  const trouble = [
    [topic.offline, "bad", "offline"],
    [topic.under_min_isr, "bad", "too few in sync"],
    [topic.under_replicated, "warn", "under-replicated"],
  ].find(([n]) => n > 0);
  return trouble ? state(trouble[1], `${count(trouble[0])} ${trouble[2]}`) : state("good", "in sync");
}

export function topics() {
  const search = searchField("topics");
  const notes = element("div");
  const forms = element("div");
  let offered = false;
  const list = sortedTable(
    "Topics",
    [
      { name: "Topic", value: (topic) => topic.name, cell: (topic) => [link(["topics", topic.name]), topic.internal ? element("span.muted", {}, " internal") : null] },
      { name: "State", value: worst, cell: topicState },
      { name: "Partitions", number: true, value: (topic) => topic.partitions, cell: (topic) => number(topic.partitions) },
      { name: "Replicas", number: true, value: (topic) => topic.replicas, cell: (topic) => number(topic.replicas) },
      { name: "On disks", number: true, value: (topic) => topic.bytes, cell: (topic) => bytes(topic.bytes) },
    ],
    { search, empty: "There are no topics." },
  );
  const view = {
    title: "Topics",
    nodes: [notes, forms, section("Topics", null, search, list.node)],
    period: 10_000,
    async refresh(signal) {
      const all = await askAll(["topics"], "topics", { sizes: true }, topicsMax, signal);
      fill(notes, errorsNote(all.errors), all.entries.length < all.total ? notice("warn", "Not all are shown", `There are ${count(all.total)} topics; these are the first ${count(all.entries.length)}.`) : null);
      list.setRows(all.entries);
      offered ||= await offer(forms, {}, signal, (may) => [may("cluster", "CREATE") && createTopic(() => view.again())]);
      return `${count(all.total)} topics`;
    },
  };
  return view;
}

export function topic(name) {
  const top = element("div");
  const below = element("div");
  const growth = rateChart(`Records per second that ${name} takes in`, [{ label: "records", colour: "series-1" }]);
  const browser = recordsBrowser(name);
  const forms = element("div");
  const alter = alterTopic(name, () => view.again());
  let offered = false;
  let from = 0;
  const view = {
    title: name,
    crumbs: [link(["topics"], "Topics")],
    nodes: [top, forms, section("Records taken in per second", null, growth.node), section("Records", null, browser.node), below],
    period: 4000,
    async refresh(signal) {
      const shown = await ask(["topics", name], { from, count: 100 }, signal);
      const ends = shown.partitions.map((partition) => partition.end);
      if (shown.partitions_total <= 100 && ends.every((end) => end !== null)) growth.add([ends.reduce((sum, end) => sum + end, 0)]);
      browser.setPartitions(shown.partitions_total);
      const records = shown.partitions.reduce((sum, one) => sum + ((one.end ?? 0) - (one.begin ?? 0)), 0);
      const size = shown.partitions.reduce((sum, one) => sum + Object.values(one.bytes).reduce((a, b) => a + b, 0), 0);
      const partial = shown.partitions_total > shown.partitions.length ? "of those shown" : "end minus begin";
      fill(
        top,
        shown.offline + shown.under_replicated + shown.under_min_isr
          ? notice(shown.offline + shown.under_min_isr ? "bad" : "warn", "Not all partitions are as they should be", shown.offline ? `${count(shown.offline)} offline: nobody can use them.` : null, shown.under_min_isr ? `${count(shown.under_min_isr)} with too few replicas in sync: writes with acks=all are refused.` : null, shown.under_replicated ? `${count(shown.under_replicated)} under-replicated.` : null)
          : null,
        errorsNote(shown.errors),
        tiles(tile("Partitions", count(shown.partitions_total)), tile("Offsets", count(records), partial), tile("On disks", bytes(size), "all replicas"), tile("Topic id", element("small", {}, shown.id ?? "–"))),
        section(
          "Partitions",
          null,
          shown.partitions_total > 100
            ? element(
                "p.note",
                {},
                `${count(from)} to ${count(from + shown.partitions.length - 1)} of ${count(shown.partitions_total)} `,
                element("button.small", { type: "button", "data-key": "before", disabled: from === 0, click: () => ((from = Math.max(0, from - 100)), view.again()) }, "Before"),
                element("button.small", { type: "button", "data-key": "after", disabled: from + 100 >= shown.partitions_total, click: () => ((from += 100), view.again()) }, "After"),
              )
            : null,
          table(
            ["#Partition", "State", "Replicas", "#Epoch", "#Begin", "#End", "#On leader's disk"],
            shown.partitions.map((one) => [
              element("button.link", { type: "button", "data-key": `browse ${one.partition}`, title: "Show its records", click: () => browser.show(one.partition) }, String(one.partition)),
              troubleState(one.trouble),
              replicas(one),
              number(one.epoch),
              number(one.begin),
              number(one.end),
              bytes(one.bytes[one.leader]),
            ]),
            { label: "Partitions" },
          ),
        ),
      );
      fill(below, section("Configuration", "What is in force, and where it is set.", configTable(shown.configs, "topic")));
      alter.setConfigs(shown.configs);
      const again = () => view.again();
      offered ||= await offer(forms, { topic: name }, signal, (may) => [
        may("topic", "ALTER") && addPartitions(name, again),
        may("topic", "ALTER_CONFIGS") && alter.node,
        may("cluster", "ALTER") && electLeaders(name, again),
        may("topic", "DELETE") && deleteTopic(name),
      ]);
      return shown.internal ? "internal topic" : "topic";
    },
  };
  return view;
}
