// Authenticates, and describes the cluster. Exits with 3 if the broker refuses the user.
const { Kafka, logLevel } = require('kafkajs');

async function main() {
  const [, , broker, mechanism, username, password] = process.argv;
  const kafka = new Kafka({
    clientId: 'test', brokers: [broker], logLevel: logLevel.NOTHING, sasl: { mechanism, username, password }, retry: { retries: 0 },
  });
  const admin = kafka.admin();
  await admin.connect();
  const cluster = await admin.describeCluster();
  await admin.disconnect();
  if (cluster.brokers.length !== 1) throw new Error('not one broker');
}

main().catch((error) => {
  console.error(error);
  process.exit(error.name === 'KafkaJSSASLAuthenticationError' || /authentication/i.test(String(error.message)) ? 3 : 1);
});
