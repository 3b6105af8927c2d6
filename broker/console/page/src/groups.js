// The list of consumer groups with their lag, and one group: how far it has come in each partition, and its members.
import { count, element, section, table } from "../../../../reports/page/src/dom.js";
import { ask, askAll } from "./ask.js";
import { offer } from "./changes.js";
import { deleteGroup, resetOffsets } from "./group_changes.js";
import { rateChart } from "./rates.js";
import { errorsNote, fill, link, number, searchField, sortedTable, state, tile, tiles } from "./views.js";

const groupsMax = 20_000;
const lagsMax = 25; // groups whose lag is asked for in one round: each is a question of its own
const groupState = (text) => state(text === "Stable" ? "good" : text === "Empty" || text === "Dead" ? "quiet" : "warn", text);

export function groups() {
  const search = searchField("groups");
  const lags = new Map();
  let shown = [];
  const list = sortedTable(
    "Consumer groups",
    [
      { name: "Group", value: (group) => group.name, cell: (group) => link(["groups", group.name]) },
      { name: "State", value: (group) => group.state, cell: (group) => groupState(group.state) },
      { name: "Protocol", value: (group) => group.type, cell: (group) => group.type || group.protocol_type || "–" },
      { name: "Lag", number: true, value: (group) => lags.get(group.name)?.lag ?? null, cell: (group) => number(lags.get(group.name)?.lag) },
      { name: "Members", number: true, value: (group) => lags.get(group.name)?.members ?? null, cell: (group) => number(lags.get(group.name)?.members) },
    ],
    { search, empty: "There are no consumer groups.", onShown: (rows) => (shown = rows) },
  );
  return {
    title: "Groups",
    nodes: [section("Consumer groups", `Lag is how many records are left for a group; it is asked for the first ${lagsMax} groups that are shown.`, search, list.node)],
    period: 8000,
    async refresh(signal) {
      const all = await askAll(["groups"], "groups", {}, groupsMax, signal);
      list.setRows(all.entries);
      for (const { name } of shown.slice(0, lagsMax)) {
        const one = await ask(["groups", name], { count: 1 }, signal).catch((error) => {
          if (error.name === "AbortError") throw error;
          return null; // it may have gone meanwhile
        });
        if (one) lags.set(name, { lag: one.lag, members: one.members_total });
      }
      list.draw();
      return `${count(all.total)} groups`;
    },
  };
}

export function group(name) {
  const place = element("div");
  const progress = rateChart(`Records per second: what ${name} commits, and what comes in`, [
    { label: "committed", colour: "series-3" },
    { label: "taken in", colour: "series-1" },
  ]);
  const forms = element("div");
  let offered = false;
  const view = {
    title: name,
    crumbs: [link(["groups"], "Groups")],
    nodes: [place, forms, section("Progress, in records per second", null, progress.node)],
    period: 4000,
    async refresh(signal) {
      const shown = await ask(["groups", name], { count: 1000 }, signal);
      const both = shown.partitions.filter((one) => one.committed !== null && one.end !== null);
      progress.add([both.reduce((sum, one) => sum + one.committed, 0), both.reduce((sum, one) => sum + one.end, 0)]);
      const clients = new Map(shown.members.map((member) => [member.id, member.client]));
      fill(
        place,
        errorsNote(shown.errors),
        tiles(
          tile("State", groupState(shown.state)),
          tile("Lag", count(shown.lag), shown.lag_unknown ? `without ${count(shown.lag_unknown)} partitions whose lag is not known` : "records"),
          tile("Members", count(shown.members_total)),
          tile("Protocol", shown.type, shown.protocol),
        ),
        section(
          "Partitions",
          shown.partitions_total > shown.partitions.length ? `The first ${count(shown.partitions.length)} of ${count(shown.partitions_total)}.` : null,
          shown.partitions.length
            ? table(
                ["Topic", "#Partition", "#Committed", "#End", "#Lag", "Read by"],
                shown.partitions.map((one) => [
                  link(["topics", one.topic], one.topic, `${one.topic} ${one.partition}`),
                  String(one.partition),
                  number(one.committed),
                  number(one.end),
                  number(one.lag),
                  one.member === null ? element("span.muted", {}, "nobody") : (clients.get(one.member) ?? one.member),
                ]),
                { label: "Partitions of the group" },
              )
            : element("p.note", {}, "It has committed nothing, and reads nothing."),
        ),
        shown.members.length
          ? section("Members", null, table(["Member", "Client", "Host", "#Partitions"], shown.members.map((one) => [one.id, one.client, one.host, number(one.partitions)]), { label: "Members" }))
          : null,
      );
      offered ||= await offer(forms, { group: name }, signal, (may) => [may("group", "READ") && resetOffsets(name, () => view.again()), may("group", "DELETE") && deleteGroup(name)]);
      return "consumer group";
    },
  };
  return view;
}
