// Model: the happenings of a life in typed arrays, by time; its messages, and what its machines, faults and clients did as spans.

export const kinds = ["sent", "received", "disk", "sync", "process", "fault", "log", "client", "state"];
export const kindIndex = Object.fromEntries(kinds.map((kind, i) => [kind, i]));

// Running sums, since the report has the differences.
function sums(differences) {
  const all = new Float64Array(differences.length);
  let total = 0;
  for (let i = 0; i < differences.length; ++i) all[i] = total += differences[i];
  return all;
}

export class Model {
  constructor(life) {
    const told = life.happenings ?? {
      all: 0,
      nodes: [],
      texts: [],
      subjects: [],
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
    this.all = told.all;
    this.size = told.number.length;
    this.nodes = told.nodes;
    this.number = sums(told.number);
    this.at = sums(told.at);
    this.events = sums(told.events);
    this.kind = Uint8Array.from(told.kind);
    this.node = Int16Array.from(told.node);
    this.shard = Int16Array.from(told.shard);
    this.peer = Int16Array.from(told.peer);
    this.bytes = Float64Array.from(told.bytes);
    this.took = Float64Array.from(told.began); // -1: it took no time
    this.cause = Int32Array.from(told.cause, (distance, i) => (distance ? this.rowOf(this.number[i] - distance) : -1));
    this.texts = told.texts;
    this.subjects = told.subjects;
    this.text = told.text;
    this.subject = told.subject;
    this.values = new Map(Object.entries(told.values).map(([row, values]) => [Number(row), values]));
    this.violations = life.violations;
    this.violationAt = life.violations.find((v) => v.at_seconds !== null)?.at_seconds * 1e9;
    // A crash has no time of its own: it is where the happenings end.
    if (Number.isNaN(this.violationAt) && this.size && life.violations.some((v) => v.property === "the process lives"))
      this.violationAt = this.at[this.size - 1];
    this.operations = life.operations.map(([client, what, invoked, completed, outcome]) => ({
      client,
      what,
      from: invoked * 1e3,
      to: completed < 0 ? Infinity : completed * 1e3,
      outcome,
    }));
    this.faults = life.faults.map((fault) => ({
      ...fault,
      from: fault.at_seconds * 1e9,
      to: (fault.at_seconds + fault.duration_seconds) * 1e9,
      node: this.nodes.indexOf(fault.target),
    }));
    this.pairMessages();
    this.findPresence();
    this.findLeaders();
    const ends = [this.size ? this.at[this.size - 1] : 0, ...this.operations.map((o) => (o.to === Infinity ? o.from : o.to)), this.violationAt ?? 0];
    this.end = Math.max(
      1e6,
      life.simulated_seconds * 1e9,
      ends.reduce((a, b) => Math.max(a, b), 0),
    );
    this.first = this.size && this.all > this.size ? this.at[0] : 0; // earlier ones were left out
  }

  // The row of a happening's number; -1 if it was left out.
  rowOf(number) {
    let low = 0,
      high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.number[middle] < number) low = middle + 1;
      else high = middle;
    }
    return low < this.size && this.number[low] === number ? low : -1;
  }

  // The first row at or after that time.
  rowAt(time) {
    let low = 0,
      high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  textOf(row) {
    return this.texts[this.text[row]] ?? "";
  }
  subjectOf(row) {
    return this.subjects[this.subject[row]] ?? "";
  }
  nodeName(node) {
    return node < 0 ? "" : this.nodes[node];
  }

  // From one machine to another, by the time they were sent; `received` is -1 if that is not known.
  pairMessages() {
    const arrival = new Int32Array(this.size).fill(-1);
    let slowest = 0;
    for (let i = 0; i < this.size; ++i) {
      const sent = this.cause[i];
      if (this.kind[i] !== kindIndex.received || sent < 0 || this.kind[sent] !== kindIndex.sent) continue;
      arrival[sent] = i;
      slowest = Math.max(slowest, this.at[i] - this.at[sent]);
    }
    this.arrival = arrival;
    this.slowestMessage = slowest;
    const rows = [];
    for (let i = 0; i < this.size; ++i) if (this.kind[i] === kindIndex.sent && this.peer[i] >= 0 && this.peer[i] !== this.node[i]) rows.push(i);
    this.messages = Int32Array.from(rows);
    this.messageAt = Float64Array.from(rows, (row) => this.at[row]);
  }

  isBetweenShards(row) {
    return this.kind[row] <= kindIndex.received && this.peer[row] === this.node[row];
  }

  // When each machine had no process, or one that did not run: [{node, from, to, what}].
  findPresence() {
    this.absent = [];
    const open = new Map();
    const close = (node, at) => {
      const span = open.get(node);
      if (span) this.absent.push({ ...span, to: at });
      open.delete(node);
    };
    for (let i = 0; i < this.size; ++i) {
      if (this.kind[i] !== kindIndex.process || this.node[i] < 0) continue;
      const what = lifeOf(this.textOf(i));
      if (what === "up") close(this.node[i], this.at[i]);
      else if (what) {
        close(this.node[i], this.at[i]);
        open.set(this.node[i], { node: this.node[i], from: this.at[i], what });
      }
    }
    for (const [node] of [...open]) close(node, Infinity);
  }

  // Who led what, and when: from the states that tell a role. [{node, subject, from, to, epoch}]
  findLeaders() {
    this.leaders = [];
    this.elections = new Uint8Array(this.size); // rows where a replica becomes leader
    this.replicas = new Map(); // by subject: [row, ...]
    this.ends = []; // rows where a process ends
    const leads = new Map(); // by subject and machine
    const close = (key, at) => {
      this.leaders.push({ ...leads.get(key), to: at });
      leads.delete(key);
    };
    for (let row = 0; row < this.size; ++row) {
      if (this.kind[row] === kindIndex.process && ["down", "ended"].includes(lifeOf(this.textOf(row)))) {
        this.ends.push(row);
        for (const [key, lead] of [...leads]) if (lead.node === this.node[row]) close(key, this.at[row]);
      }
      const values = this.values.get(row);
      if (!values) continue;
      const subject = this.subjectOf(row);
      if (!values.role) continue;
      if (!this.replicas.has(subject)) this.replicas.set(subject, []);
      this.replicas.get(subject).push(row);
      const key = subject + "\n" + this.node[row];
      const before = leads.get(key);
      const epoch = values.epoch ?? values.term ?? "";
      if (values.role === "leader") {
        if (before?.epoch === epoch) continue;
        if (before) close(key, this.at[row]);
        leads.set(key, { node: this.node[row], subject, from: this.at[row], epoch });
        this.elections[row] = 1;
      } else if (before) {
        close(key, this.at[row]);
      }
    }
    for (const key of [...leads.keys()]) close(key, Infinity);
  }

  // The partition, or other subject, that the violation is about: it is named in its text; else the one that changes most.
  mainSubject() {
    const subjects = [...this.replicas.keys()];
    const said = this.violations.map((v) => v.text).join("\n");
    const isSaid = (name) => name && new RegExp(`(?<![\\w-])${name.replace(/[^\w-]/g, "\\$&")}(?![\\w-])`).test(said);
    const named = subjects.filter((s) => isSaid(s) || isSaid(this.values.get(this.replicas.get(s)[0]).id));
    const among = named.length ? named : subjects;
    return among.reduce((a, b) => (this.replicas.get(b).length > this.replicas.get(a).length ? b : a), among[0]);
  }
}

// What a text about a process says of whether it runs: "up", "down", "paused", "ended" in order, or nothing.
export function lifeOf(text) {
  if (/^(starts|resumes|goes on|continues)|resumed|goes on/.test(text)) return "up";
  if (/paus/.test(text)) return "paused";
  if (text === "exits with 0") return "ended";
  if (/kill|power|exits|dies|crash|ends/.test(text)) return "down";
  return null;
}
