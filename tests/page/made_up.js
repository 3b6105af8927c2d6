// A made-up report with one finding of any size, to look at how the page copes with what no small life has. The same for the same arguments.

function randoms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

const kinds = { sent: 0, received: 1, disk: 2, sync: 3, process: 4, fault: 5, log: 6, client: 7, state: 8 };

// The table of texts that columns refer to.
class Texts {
  constructor() {
    this.all = [];
    this.places = new Map();
  }
  of(text) {
    if (!text) return -1;
    if (!this.places.has(text)) this.places.set(text, this.all.push(text) - 1);
    return this.places.get(text);
  }
}

function happenings(size, random, seconds) {
  const nodes = ["broker1", "broker2", "broker3", "client0", "client1", "admin"];
  const partitions = ["orders-0", "orders-1", "audit-0"];
  const all = [];
  const requests = ["Fetch", "Produce", "AppendEntries", "AppendResponse", "Metadata", "Heartbeat", "Vote"];
  const end = new Map(),
    high = new Map(),
    leader = new Map(partitions.map((p, i) => [p, i % 3]));
  let epoch = 1;
  for (let i = 0; all.length < size; ++i) {
    const at = Math.floor((i / (size / 1.68)) * seconds * 1e9 * (0.98 + 0.04 * random()));
    const node = Math.floor(random() * 5);
    const what = random();
    if (what < 0.6) {
      const peer = node >= 3 ? Math.floor(random() * 3) : (node + 1 + Math.floor(random() * 2)) % 3;
      const text = requests[Math.floor(random() * requests.length)];
      const sent = { kind: kinds.sent, at, node, peer, bytes: 60 + Math.floor(random() * 900), text };
      all.push(sent);
      if (random() > 0.01)
        all.push({
          kind: kinds.received,
          at: at + 200_000 + Math.floor(random() * 2_000_000),
          node: peer,
          peer: node,
          because: sent,
          bytes: sent.bytes,
          text,
        });
    } else if (what < 0.72 && node < 3)
      all.push({
        kind: kinds.disk,
        at,
        node,
        began: Math.floor(random() * 300_000),
        bytes: 512,
        subject: `data/${partitions[i % 3]}/00000000000000000000.log`,
        text: "write",
      });
    else if (what < 0.78 && node < 3)
      all.push({
        kind: kinds.sync,
        at,
        node,
        began: Math.floor(random() * 4_000_000),
        subject: `data/${partitions[i % 3]}/00000000000000000000.log`,
        text: "sync",
      });
    else if (what < 0.83) all.push({ kind: kinds.log, at, node, subject: "replica", text: "INFO replica: has caught up" });
    else if (node < 3) {
      const subject = partitions[i % 3];
      if (random() < 0.001) {
        leader.set(subject, node);
        ++epoch;
      }
      const key = subject + node;
      end.set(key, (end.get(key) ?? 0) + Math.floor(random() * 3));
      high.set(key, Math.max(high.get(key) ?? 0, end.get(key) - Math.floor(random() * 5)));
      all.push({
        kind: kinds.state,
        at,
        node,
        subject,
        text: "",
        values: {
          role: leader.get(subject) === node ? "leader" : "follower",
          epoch: String(epoch),
          "high watermark": String(high.get(key)),
          "log end": String(end.get(key)),
        },
      });
    }
  }
  for (let node = 0; node < nodes.length; ++node) all.push({ kind: kinds.process, at: 1000 * node, node, text: "starts" });
  for (const [at, node, text] of [
    [0.3, 1, "loses power"],
    [0.36, 1, "starts"],
    [0.55, 2, "is paused"],
    [0.6, 2, "goes on"],
    [0.7, 0, "is killed"],
    [0.72, 0, "starts"],
  ])
    all.push({ kind: kinds.process, at: at * seconds * 1e9, node, text });
  all.sort((a, b) => a.at - b.at);
  all.length = size;
  all.forEach((one, i) => (one.number = i + 1));
  const texts = new Texts(),
    subjects = new Texts();
  const told = {
    all: size,
    nodes,
    number: [],
    at: [],
    events: [],
    kind: [],
    node: [],
    shard: [],
    peer: [],
    cause: [],
    began: [],
    bytes: [],
    subject: [],
    text: [],
    values: {},
  };
  let before = 0;
  all.forEach((one, i) => {
    told.number.push(1);
    told.at.push(one.at - before);
    before = one.at;
    told.events.push(1);
    told.kind.push(one.kind);
    told.node.push(one.node);
    told.shard.push(one.kind === kinds.process ? -1 : i % 2);
    told.peer.push(one.peer ?? -1);
    told.cause.push(one.because?.number ? one.number - one.because.number : 0);
    told.began.push(one.began ?? -1);
    told.bytes.push(one.bytes ?? 0);
    told.subject.push(subjects.of(one.subject));
    told.text.push(texts.of(one.text));
    if (one.values) told.values[i] = one.values;
  });
  return { ...told, texts: texts.all, subjects: subjects.all };
}

export function madeUp({ size = 5000, seed = 1, seconds = 40 } = {}) {
  const random = randoms(seed);
  const operations = [];
  for (let i = 0; i < size / 12; ++i) {
    const at = Math.floor((i / (size / 12)) * seconds * 1e6);
    const client = i % 3 === 0 ? `producer ${i % 4}` : `consumer ${i % 4}`;
    operations.push([
      client,
      client.startsWith("p") ? `sends values ${i}+3 to orders-${i % 2}, acks=-1` : `reads orders-${i % 2} from ${i}`,
      at,
      random() < 0.01 ? -1 : at + Math.floor(random() * 400_000),
      client.startsWith("p") ? ["ok at offset " + i, "ok at offset " + i, "unknown", "failed"][Math.floor(random() * 4)] : "3 records, 1 to 3",
    ]);
  }
  const life = {
    hash: "0123456789abcdef",
    build: "abc",
    plan: "{}",
    capsule: JSON.stringify({ format: 1, plan: { scenario: "replication" } }, null, 1),
    description: "seed 7 violates …",
    simulated_seconds: seconds,
    violations: [
      {
        property: "durability",
        anomaly: "lost-write",
        text: "value 17 was acknowledged at offset 12 of orders-0,\nand is not there at the end",
        at_seconds: seconds * 0.8,
      },
    ],
    faults: [
      { kind: "power_loss", at_seconds: seconds * 0.3, duration_seconds: seconds * 0.06, target: "broker2", peer: null, amount: null },
      { kind: "cut", at_seconds: seconds * 0.5, duration_seconds: seconds * 0.15, target: "broker1", peer: "broker3", amount: 1 },
      { kind: "pause", at_seconds: seconds * 0.55, duration_seconds: seconds * 0.05, target: "broker3", peer: null, amount: null },
      { kind: "kill", at_seconds: seconds * 0.7, duration_seconds: seconds * 0.02, target: "broker1", peer: null, amount: null },
    ],
    settings: { brokers: 3, shards: 2, producers: 4, segment_bytes: 4096 },
    happenings: happenings(size, random, seconds),
    operations,
    notes: [
      "power_loss broker2 at 12.000s for 2.4s: without it, of 5 lives 5 are clean",
      "cut broker1-broker3 at 20.000s for 6s: without it, of 5 lives 4 are clean, 1 violate order: duplicate",
    ],
    explanation: {
      failure_seconds: seconds * 0.8,
      steepest: 6,
      events: ["12.000000s broker2 loses power", "12.400000s broker1 INFO replica: leads in epoch 4"],
      curve: Array.from({ length: 16 }, (_, i) => ({
        at_seconds: (i * seconds * 0.8) / 16,
        event: i * 1000,
        lives: 10,
        failed: i < 3 ? 0 : i < 7 ? 1 : Math.min(10, i - 1),
      })),
      neighbour: {
        without: "power_loss broker2",
        verdict: "is clean",
        same_lines: 1234,
        failing: ["12.000000s broker2 loses power", "12.400000s broker1 leads"],
        passing: ["12.000000s broker2 syncs", "12.600000s broker3 goes on"],
      },
    },
  };
  const lives = 4000;
  const marks = {};
  for (let i = 0; i < 60; ++i) {
    const found = i < 4 ? 0 : Math.max(1, Math.floor(lives * Math.pow(random(), 6)));
    marks[`mark ${i}: something rare was seen`] = [found, found ? Math.min(590, (600 * (0.2 + random())) / Math.sqrt(found)) : null];
  }
  const bins = 60;
  return {
    format: 1,
    title: "replication, partitions: 4,000 lives",
    campaigns: [
      {
        begun: "2026-11-29T23:30:00Z",
        state: "complete",
        scenarios: "replication,partitions",
        first_seed: 1,
        last_seed: 2000,
        shard: 1,
        shards: 1,
        lives,
        elapsed_seconds: 600,
        settings: "brokers=3",
        faults: null,
        build: "abcdef0123456789",
      },
    ],
    scenarios: ["replication", "partitions"].map((name, n) => ({
      name,
      lives: lives / 2,
      failed: n ? 3 : 14,
      events: 9e8,
      simulated_seconds: 160_000,
      wall_seconds: 560,
      cpu_seconds: 540,
      marks: n ? {} : marks,
      faults: { pause: [700, 10], kill: [900, 4], power_loss: [500, 14], cut: [400, 2], disk_slow: [300, 1] },
    })),
    timeline: {
      seconds: Array.from({ length: bins }, (_, i) => (i + 1) * 10),
      lives: Array.from({ length: bins }, () => lives / bins),
      failed: Array.from({ length: bins }, (_, i) => (i % 4 === 0 ? 1 : 0)),
    },
    findings: [
      {
        signature: "durability: lost-write",
        lives: 14,
        scenario: "replication",
        seed: 7,
        events: size * 3,
        simulated_seconds: seconds,
        first_seconds: 12,
        replay: "fulmar-sim replay --scenario replication --seed 7",
        life,
      },
      {
        signature: "the process lives: crash in fulmar::Log::append",
        lives: 3,
        scenario: "partitions",
        seed: 90,
        events: 0,
        simulated_seconds: 3,
        first_seconds: 100,
        replay: "fulmar-sim replay --scenario partitions --seed 90",
        life: null,
      },
    ],
  };
}

// The page with that report in it.
export function pageOf(template, report) {
  return template.replace("@REPORT_DATA@", () => JSON.stringify(report).replaceAll("<", "\\u003c"));
}
