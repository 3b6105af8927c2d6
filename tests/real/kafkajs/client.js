// Creates a topic, sends with and without compression and idempotence, and asks for offsets.
const assert = require('assert');
const { CompressionTypes, Kafka, logLevel } = require('kafkajs');

async function main() {
  const kafka = new Kafka({ clientId: 'test', brokers: [process.argv[2]], logLevel: logLevel.ERROR });
  const admin = kafka.admin();
  await admin.connect();
  assert(await admin.createTopics({ topics: [{ topic: 'from-kafkajs', numPartitions: 2 }] }));
  let next = 0;
  const batch = () => Array.from({ length: 100 }, () => ({ value: `message ${next++}`, partition: 0 }));
  for (const [idempotent, compression] of [[false, CompressionTypes.None], [false, CompressionTypes.GZIP], [true, CompressionTypes.None]]) {
    const producer = kafka.producer({ idempotent, maxInFlightRequests: 1 });
    await producer.connect();
    const sent = await producer.send({ topic: 'from-kafkajs', acks: -1, compression, messages: batch() });
    assert.strictEqual(sent[0].errorCode, 0);
    await producer.disconnect();
  }
  const offsets = await admin.fetchTopicOffsets('from-kafkajs');
  assert.strictEqual(offsets.find((o) => o.partition === 0).high, '300');
  assert.strictEqual(offsets.find((o) => o.partition === 1).high, '0');
  const metadata = await admin.fetchTopicMetadata({ topics: ['from-kafkajs'] });
  assert.strictEqual(metadata.topics[0].partitions.length, 2);
  await admin.deleteTopicRecords({ topic: 'from-kafkajs', partitions: [{ partition: 1, offset: '0' }] });
  await admin.disconnect();
  console.log('kafkajs: 300 messages sent');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
