// Transactions of kafkajs: committed and aborted ones, consume-transform-produce, and a group that reads what was committed.
// Usage: transactions.js BROKER. It makes the topics kafkajs-from and kafkajs-to with one partition each.
const assert = require('assert');
const { Kafka, logLevel } = require('kafkajs');

const COUNT = 100;
const WAIT_MS = 60000;

// kafkajs warns that transactions need one request in flight at most.
const producerOf = async (kafka, transactionalId) => {
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  return producer;
};

const values = (word) => Array.from({ length: COUNT }, (_, n) => ({ value: `${word} ${n}`, partition: 0 }));

// Runs a member of the group until `done` says so after one of its batches; it is given what each record holds.
async function asMember(kafka, groupId, topic, eachBatch, done) {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 10000, heartbeatInterval: 1000, readUncommitted: false, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${groupId} has not come to its end`)), WAIT_MS);
    const end = (settle, what) => { clearTimeout(late); settle(what); };
    consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (given) => {
        try {
          await eachBatch(given);
          if (done()) end(resolve);
        } catch (error) {
          end(reject, error);
        }
      },
    }).catch((error) => end(reject, error));
  });
  await consumer.disconnect();
}

async function read(kafka, groupId, topic, last) {
  const got = [];
  await asMember(kafka, groupId, topic, async ({ batch, resolveOffset }) => {
    for (const message of batch.messages) {
      got.push(message.value.toString());
      resolveOffset(message.offset);
    }
  }, () => got[got.length - 1] === last);
  return got;
}

async function main() {
  const kafka = new Kafka({ clientId: 'transactions', brokers: [process.argv[2]], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  assert(await admin.createTopics({ topics: ['kafkajs-from', 'kafkajs-to'].map((topic) => ({ topic, numPartitions: 1 })) }));

  const writer = await producerOf(kafka, 'kafkajs-writer');
  for (const word of ['first', 'dropped', 'second']) {
    const transaction = await writer.transaction();
    await transaction.send({ topic: 'kafkajs-from', acks: -1, messages: values(word) });
    await (word === 'dropped' ? transaction.abort() : transaction.commit());
  }
  const kept = [...values('first'), ...values('second')].map(({ value }) => value);
  const last = kept[kept.length - 1];
  assert.deepStrictEqual(await read(kafka, 'kafkajs-readers', 'kafkajs-from', last), kept);
  console.log('what was committed is read, in order, and nothing that was aborted');

  // Each batch twice: aborted at first, then committed with its offsets.
  const copier = await producerOf(kafka, 'kafkajs-copier');
  let copied = 0;
  await asMember(kafka, 'kafkajs-copiers', 'kafkajs-from', async ({ batch, resolveOffset }) => {
    for (const aborts of [true, false]) {
      const transaction = await copier.transaction();
      const messages = batch.messages.map(({ value }) => ({ value: aborts ? 'aborted' : value, partition: 0 }));
      await transaction.send({ topic: 'kafkajs-to', acks: -1, messages });
      if (aborts) {
        await transaction.abort();
      } else {
        const offset = (BigInt(batch.lastOffset()) + 1n).toString();
        await transaction.sendOffsets({ consumerGroupId: 'kafkajs-copiers', topics: [{ topic: batch.topic, partitions: [{ partition: 0, offset }] }] });
        await transaction.commit();
      }
    }
    resolveOffset(batch.lastOffset());
    copied += batch.messages.length;
  }, () => copied === kept.length);
  assert.deepStrictEqual(await read(kafka, 'kafkajs-checkers', 'kafkajs-to', last), kept);
  console.log('each record is passed on once, in order');
  const [committed] = await admin.fetchOffsets({ groupId: 'kafkajs-copiers', topics: ['kafkajs-from'] });
  const [{ high }] = await admin.fetchTopicOffsets('kafkajs-from');
  // The marker at the end is or is not in the last batch that a client gets.
  assert(BigInt(committed.partitions[0].offset) >= BigInt(high) - 1n, `committed ${committed.partitions[0].offset} of ${high}`);
  console.log('and its offset is committed with it');

  // Who takes over a transactional id shuts out who had it, and aborts what that one has left open.
  const open = await copier.transaction();
  await open.send({ topic: 'kafkajs-to', acks: -1, messages: [{ value: 'zombie', partition: 0 }] });
  const heir = await producerOf(kafka, 'kafkajs-copier');
  const transaction = await heir.transaction();
  await assert.rejects(open.commit());
  await transaction.send({ topic: 'kafkajs-to', acks: -1, messages: [{ value: 'heir', partition: 0 }] });
  await transaction.commit();
  assert.deepStrictEqual(await read(kafka, 'kafkajs-late-checkers', 'kafkajs-to', 'heir'), [...kept, 'heir']);
  console.log('a zombie commits nothing');
  for (const client of [writer, copier, heir, admin]) await client.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
