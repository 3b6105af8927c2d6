// Sends to a topic and reads it back as a member of a group, over TLS; then sends to another topic, and prints the error's type.
// Usage: secure.js BROKER ALLOWED DENIED GROUP COUNT, with the options of `ssl` and `sasl` as JSON on standard input: files in `ssl` by their paths.
const fs = require('fs');
const { Kafka, logLevel } = require('kafkajs');

async function main() {
  const [broker, allowed, denied, groupId, count] = process.argv.slice(2);
  const { ssl, sasl } = JSON.parse(fs.readFileSync(0, 'utf8'));
  for (const name of Object.keys(ssl)) ssl[name] = fs.readFileSync(ssl[name]);
  const kafka = new Kafka({ clientId: 'test', brokers: [broker], logLevel: logLevel.NOTHING, ssl, sasl, retry: { retries: 3 } });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: allowed, acks: -1, messages: Array.from({ length: Number(count) }, (_, n) => ({ value: `kafkajs ${n}` })) });
  const consumer = kafka.consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topic: allowed, fromBeginning: true });
  const read = await new Promise((resolve, reject) => {
    const values = [];
    consumer.run({
      eachMessage: async ({ message }) => {
        if (message.value.toString().startsWith('kafkajs')) values.push(message.value.toString());
        if (values.length === Number(count)) resolve(values.length);
      },
    }).catch(reject);
  });
  await consumer.disconnect();
  const refused = await producer.send({ topic: denied, messages: [{ value: 'x' }] }).then(() => 'nothing', (error) => (error.originalError || error.cause || error).type || error.message);
  await producer.disconnect();
  console.log(JSON.stringify({ read, refused }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
