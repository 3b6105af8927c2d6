// The cluster at a glance: what is wrong, brokers, controllers, partitions in trouble, and what this broker does.
import { count, element, section, table } from "../../../../reports/page/src/dom.js";
import { ask, askMetrics } from "./ask.js";
import { offer } from "./changes.js";
import { rateChart } from "./rates.js";
import { electLeaders } from "./topic_changes.js";
import { ago, fill, link, notice, number, state, tile, tiles } from "./views.js";

// What each trouble means for those who use the cluster.
const meanings = {
  no_controller: "Nothing can be created, changed or moved, and no leader is replaced, until a majority of the controllers is up again.",
  voters_missing: "The metadata survives fewer failures than it should.",
  dead_brokers: "Their replicas are out of sync until they come back. Partitions with no other replica are offline.",
  offline: "Nobody can write to these or read from them.",
  under_min_isr: "Writes with acks=all to these are refused.",
  under_replicated: "These survive fewer failures than they should, until their replicas have caught up.",
};
const words = { offline: "offline: no leader", "under-min-isr": "too few in sync for acks=all", "under-replicated": "a replica is not in sync" };

export const troubleState = (trouble) => (trouble ? state(trouble === "under-replicated" ? "warn" : "bad", words[trouble]) : state("good", "in sync"));

// A partition's replicas; those that are not in sync stand out, in words too.
export const replicas = (partition) =>
  element(
    "span.replicas",
    {},
    partition.replicas.map((id) => {
      const inSync = partition.in_sync.includes(id);
      const what = inSync ? (id === partition.leader ? "leads" : "in sync") : "not in sync";
      return element(`span.replica.${inSync ? "good" : "bad"}`, { title: `broker ${id}: ${what}` }, String(id), id === partition.leader ? "★" : "", inSync ? "" : " ✕");
    }),
  );

const brokersTable = (cluster) =>
  table(
    ["Broker", "State", "Address", "Rack", "#Leads"],
    cluster.brokers.map((broker) => [
      link(["configs", String(broker.id)], String(broker.id)),
      broker.alive ? state("good", "alive") : state("bad", "dead"),
      broker.address ?? "–",
      broker.rack ?? "–",
      number(broker.leads),
    ]),
  );

const controllersTable = (cluster) =>
  table(
    ["Controller", "Role", "#Lag", "#Heard", "#Caught up"],
    cluster.controllers.map((one) => [String(one.id), one.role, number(one.lag), ago(one.heard_ms_ago), ago(one.caught_up_ms_ago)]),
  );

function health(cluster) {
  if (!cluster.wrong.length) return notice("good", "All is well", "Every broker is alive, every partition has a leader and all its replicas in sync.");
  return element(
    "div.notice.bad",
    { role: "alert" },
    element("strong", {}, "Something is wrong"),
    element(
      "ul",
      {},
      cluster.wrong.map(({ code, text }) => element("li", {}, element("b", {}, text[0].toUpperCase() + text.slice(1)), " — " + (meanings[code] ?? ""))),
    ),
  );
}

const counters = ["fulmar_produced_bytes_total", "fulmar_fetched_bytes_total", "fulmar_produced_records_total", "fulmar_fetched_records_total"];

export function overview() {
  const place = element("div");
  const both = [
    { label: "in", colour: "series-1" },
    { label: "out", colour: "series-2" },
  ];
  const volume = rateChart("Bytes per second that this broker takes in and gives out", both);
  const records = rateChart("Records per second that this broker takes in and gives out", both);
  const forms = element("div");
  let offered = false;
  const live = element("div.columns", {}, section("Bytes per second, of this broker", null, volume.node), section("Records per second, of this broker", null, records.node));
  const view = {
    title: "Overview",
    nodes: [place, forms, live],
    period: 4000,
    async refresh(signal) {
      const [cluster, metrics] = await Promise.all([ask(["cluster"], {}, signal), askMetrics(counters, signal).catch(() => null)]);
      if (metrics) {
        const values = counters.map((name) => metrics[name]);
        volume.add(values.slice(0, 2));
        records.add(values.slice(2));
      }
      const alive = cluster.brokers.filter((broker) => broker.alive).length;
      fill(
        place,
        health(cluster),
        tiles(
          tile("Brokers alive", `${alive} of ${cluster.brokers.length}`),
          tile("Controller", cluster.controller ?? "none"),
          tile("Topics", count(cluster.topics)),
          tile("Partitions", count(cluster.partitions)),
          tile("Under-replicated", count(cluster.under_replicated)),
          tile("Offline", count(cluster.offline)),
        ),
        element("div.columns", {}, section("Brokers", null, brokersTable(cluster)), section("Controllers", null, cluster.controllers.length ? controllersTable(cluster) : element("p.note", {}, "Not known without a controller in charge."))),
        cluster.troubles.length
          ? section(
              "Partitions in trouble",
              cluster.troubles_left_out ? `The worst; ${count(cluster.troubles_left_out)} more are not shown.` : null,
              table(
                ["Topic", "#Partition", "Trouble", "Replicas"],
                cluster.troubles.map((one) => [link(["topics", one.topic], one.topic, `${one.topic} ${one.partition}`), String(one.partition), troubleState(one.trouble), replicas(one)]),
                { label: "Partitions in trouble" },
              ),
            )
          : null,
      );
      offered ||= await offer(forms, {}, signal, (may) => [may("cluster", "ALTER") && electLeaders(undefined, () => view.again())]);
      return `cluster ${cluster.cluster}`;
    },
  };
  return view;
}
