// Sends values through a storm until SIGTERM, and writes a history line for each thing that it did and learnt.
// Usage: storm.js BROKERS TOPICS FIRST_PRODUCER HISTORY < VALUES    (TOPICS: NAME:PARTITIONS,...)
const fs = require('fs');
const readline = require('readline');
const { Kafka, logLevel } = require('kafkajs');

const [brokers, topics, firstProducer, history] = process.argv.slice(2);
const places = topics.split(',').map((topic) => topic.split(':'));
const lines = fs.openSync(history, 'a');
const SEND_MS_MAX = 20000;
let stopped = false;
process.on('SIGTERM', () => { stopped = true; });

// A number in JSON, though it has more digits than JavaScript's own have.
const now = () => process.hrtime.bigint().toString();
const note = (line) => fs.writeSync(lines, line + '\n');
const below = (bound) => Math.floor(Math.random() * bound);

async function connect() {
  const kafka = new Kafka({
    clientId: 'storm', brokers: brokers.split(','), logLevel: logLevel.NOTHING, connectionTimeout: 1000, requestTimeout: 3000,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 12 },
  });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  return producer;
}

const timeout = () => new Promise((_, reject) => { setTimeout(() => reject(new Error('no end of it')), SEND_MS_MAX).unref(); });

async function send(producer, number, values) {
  const [topic, partitions] = places[below(places.length)];
  const partition = below(Number(partitions));
  const id = values[0].split(':')[0];
  note(`{"invoke":${id},"at":${now()},"producer":${number},"topic":"${topic}","partition":${partition},"count":${values.length},` +
    '"acks":-1,"idempotent":true}');
  try {
    const messages = values.map((value) => ({ value, partition }));
    const [sent] = await Promise.race([producer.send({ topic, acks: -1, messages }), timeout()]);
    if (sent.errorCode !== 0) throw new Error(`error ${sent.errorCode}`);
    note(`{"ok":${id},"at":${now()},"offset":${sent.baseOffset}}`);
    return true;
  } catch {
    note(`{"unknown":${id},"at":${now()}}`);
    return false;
  }
}

async function main() {
  const values = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  let number = Number(firstProducer);
  let producer = null;
  while (!stopped) {
    try {
      producer ??= await connect();
    } catch {
      continue;  // it has waited already, between its tries
    }
    const batch = [];
    for (let count = 1 + below(5); count > 0; --count) batch.push((await values.next()).value);
    if (!await send(producer, number, batch)) {
      // It would give the next batch the sequence of this one, which may have been written.
      producer.disconnect().catch(() => {});
      producer = null;
      number += 1;
    }
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  process.exit(0);
}

main();
