// Every method of kafkajs' admin client, also what has to fail.
const assert = require('assert');
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ConfigResourceTypes, Kafka, logLevel, ResourcePatternTypes } = require('kafkajs');

// What a promise is refused with.
const refusal = (promise) => promise.then(() => 'nothing', (error) => (error.errors || [error.originalError || error.cause || error])[0].type || error.type || error.message);

async function until(what, holds) {
  for (const end = Date.now() + 20000; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 20))) {
    assert(Date.now() < end, what);
  }
}

async function topics(admin) {
  assert(await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics: [{ topic: 'a', numPartitions: 2 }] }));
  assert(!(await admin.listTopics()).includes('a'));
  assert(await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 'a', numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '123456789' }] }] }));
  assert.strictEqual(await admin.createTopics({ topics: [{ topic: 'a' }] }), false);
  assert.strictEqual(await refusal(admin.createTopics({ topics: [{ topic: 'bad name' }] })), 'INVALID_TOPIC_EXCEPTION');
  assert.strictEqual(await refusal(admin.createTopics({ topics: [{ topic: 'b', replicationFactor: 9 }] })), 'INVALID_REPLICATION_FACTOR');
  assert((await admin.listTopics()).includes('a'));
  await admin.createPartitions({ topicPartitions: [{ topic: 'a', count: 3 }] });
  await until('a third partition', async () => (await admin.fetchTopicMetadata({ topics: ['a'] })).topics[0].partitions.filter((p) => p.leader >= 0).length === 3);
  assert.strictEqual(await refusal(admin.createPartitions({ topicPartitions: [{ topic: 'a', count: 3 }] })), 'INVALID_PARTITIONS');
  assert.strictEqual(await refusal(admin.fetchTopicMetadata({ topics: ['none'] })), 'UNKNOWN_TOPIC_OR_PARTITION');
}

async function configs(admin) {
  const resource = { type: ConfigResourceTypes.TOPIC, name: 'a' };
  const value = async (name) => (await admin.describeConfigs({ resources: [{ ...resource, configNames: [name] }] })).resources[0].configEntries[0].configValue;
  assert.strictEqual(await value('retention.ms'), '123456789');
  await admin.alterConfigs({ validateOnly: true, resources: [{ ...resource, configEntries: [{ name: 'segment.ms', value: '7000000' }] }] });
  assert.strictEqual(await value('retention.ms'), '123456789');
  await admin.alterConfigs({ resources: [{ ...resource, configEntries: [{ name: 'segment.ms', value: '7000000' }] }] });
  await until('a changed property', async () => (await value('segment.ms')) === '7000000' && (await value('retention.ms')) === '604800000');
  assert.strictEqual(await refusal(admin.alterConfigs({ resources: [{ ...resource, configEntries: [{ name: 'segment.ms', value: 'x' }] }] })), 'INVALID_CONFIG');
  const broker = await admin.describeConfigs({ includeSynonyms: true, resources: [{ type: ConfigResourceTypes.BROKER, name: '1' }] });
  assert(broker.resources[0].configEntries.some((entry) => entry.configName === 'log.retention.ms'));
}

async function records(kafka, admin) {
  const begun = Date.now() - 100000;
  const producer = kafka.producer();
  await producer.connect();
  for (let n = 0; n < 10; ++n) await producer.send({ topic: 'a', messages: [{ partition: 0, value: 'x', timestamp: `${begun + n}` }] });
  await producer.disconnect();
  const of = (partitions) => partitions.find((p) => p.partition === 0);
  const offsets = of(await admin.fetchTopicOffsets('a'));
  assert.deepStrictEqual([offsets.low, offsets.high], ['0', '10']);
  assert.strictEqual(of(await admin.fetchTopicOffsetsByTimestamp('a', begun + 4)).offset, '4');
  assert.strictEqual(of(await admin.fetchTopicOffsetsByTimestamp('a', begun + 1000000)).offset, '10'); // the end, where there is none
  await admin.deleteTopicRecords({ topic: 'a', partitions: [{ partition: 0, offset: '4' }] });
  assert.strictEqual(of(await admin.fetchTopicOffsets('a')).low, '4');
  assert.notStrictEqual(await refusal(admin.deleteTopicRecords({ topic: 'a', partitions: [{ partition: 0, offset: '400' }] })), 'nothing');
}

async function groups(kafka, admin) {
  await admin.setOffsets({ groupId: 'g', topic: 'a', partitions: [{ partition: 0, offset: '6' }] });
  const committed = async () => (await admin.fetchOffsets({ groupId: 'g', topics: ['a'] }))[0].partitions.map((p) => p.offset);
  assert.deepStrictEqual(await committed(), ['6', '-1', '-1']);
  await admin.resetOffsets({ groupId: 'g', topic: 'a', earliest: true });
  assert.strictEqual((await admin.fetchOffsets({ groupId: 'g', topics: ['a'], resolveOffsets: true }))[0].partitions[0].offset, '4');
  const consumer = kafka.consumer({ groupId: 'g' });
  await consumer.connect();
  await consumer.subscribe({ topic: 'a', fromBeginning: true });
  await new Promise((resolve) => consumer.run({ eachMessage: async () => resolve() }));
  const described = (await admin.describeGroups(['g'])).groups[0];
  assert.deepStrictEqual([described.state, described.protocolType, described.members.length], ['Stable', 'consumer', 1]);
  assert((await admin.listGroups()).groups.some((group) => group.groupId === 'g' && group.protocolType === 'consumer'));
  assert.strictEqual((await admin.deleteGroups(['g']).catch((error) => error.groups))[0].error.type, 'NON_EMPTY_GROUP');
  await consumer.disconnect();
  assert.strictEqual((await admin.describeGroups(['g'])).groups[0].state, 'Empty');
  await admin.deleteGroups(['g']);
  assert.strictEqual((await admin.describeGroups(['g'])).groups[0].state, 'Dead');
  assert.strictEqual((await admin.deleteGroups(['none']).catch((error) => error.groups))[0].error.type, 'GROUP_ID_NOT_FOUND');
}

async function cluster(admin) {
  const described = await admin.describeCluster();
  assert.strictEqual(described.brokers.length, 1);
  assert.strictEqual(described.controller, described.brokers[0].nodeId);
  assert(described.clusterId);
  await admin.alterPartitionReassignments({ topics: [{ topic: 'a', partitionAssignment: [{ partition: 0, replicas: [1] }] }] });
  await until('no reassignment', async () => (await admin.listPartitionReassignments({})).topics.length === 0);
  assert.notStrictEqual(await refusal(admin.alterPartitionReassignments({ topics: [{ topic: 'a', partitionAssignment: [{ partition: 0, replicas: [9] }] }] })), 'nothing');
}

async function acls(admin) {
  const acl = { resourceType: AclResourceTypes.TOPIC, resourceName: 'a', resourcePatternType: ResourcePatternTypes.LITERAL, principal: 'User:kafkajs', host: '*', operation: AclOperationTypes.READ, permissionType: AclPermissionTypes.ALLOW };
  const all = { resourceType: AclResourceTypes.TOPIC, resourceName: 'a', resourcePatternType: ResourcePatternTypes.LITERAL, operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY };
  assert(await admin.createAcls({ acl: [acl] }));
  await until('an entry', async () => (await admin.describeAcls(all)).resources.some((resource) => resource.acls[0].principal === 'User:kafkajs'));
  assert.strictEqual((await admin.deleteAcls({ filters: [all] })).filterResponses[0].matchingAcls.length, 1);
  await until('no entry', async () => (await admin.describeAcls(all)).resources.length === 0);
}

async function main() {
  const kafka = new Kafka({ clientId: 'admin', brokers: [process.argv[2]], logLevel: logLevel.NOTHING, retry: { retries: 3 } });
  const admin = kafka.admin();
  await admin.connect();
  for (const part of [topics, configs, () => records(kafka, admin), () => groups(kafka, admin), cluster, acls]) await part(admin);
  await admin.deleteTopics({ topics: ['a'] });
  assert(!(await admin.listTopics()).includes('a'));
  assert.strictEqual(await refusal(admin.deleteTopics({ topics: ['none'] })), 'UNKNOWN_TOPIC_OR_PARTITION');
  await admin.disconnect();
  console.log('kafkajs: every method of its admin client');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
