// Configurations of topics, brokers, groups and loggers.
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.config.ConfigResource;

class Configs extends Calls {
  Configs(String bootstrap) {
    super(bootstrap);
  }

  static ConfigResource brokerResource(String name) {
    return new ConfigResource(ConfigResource.Type.BROKER, name);
  }

  void run() throws Exception {
    var a = topicResource("a");
    callForConfig("describeConfigs of a topic", () -> admin.describeConfigs(List.of(a), new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true)).values().get(a).get());
    callForConfig("describeConfigs of a topic, plain", () -> admin.describeConfigs(List.of(a)).values().get(a).get());
    for (var what : List.of(topicResource("none"), topicResource("bad name"), brokerResource("9"), brokerResource("x"),
        new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "m"), new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "9"),
        new ConfigResource(ConfigResource.Type.GROUP, ""), new ConfigResource(ConfigResource.Type.UNKNOWN, "x")))
      call("describeConfigs of " + what, () -> admin.describeConfigs(List.of(what), soon(new DescribeConfigsOptions())).values());
    call("describeConfigs of brokers", () -> admin.describeConfigs(List.of(brokerResource("1"), brokerResource("2"))).all().get().values().stream()
        .map(c -> words(c.get("log.cleaner.threads"))).toList());
    callForConfig("describeConfigs of all brokers", () -> admin.describeConfigs(List.of(brokerResource(""))).all().get().get(brokerResource("")));
    for (var how : AlterConfigOp.OpType.values())
      for (var name : List.of("retention.ms", "cleanup.policy", "min.insync.replicas")) {
        var value = name.equals("cleanup.policy") ? "compact" : "2";
        call("incrementalAlterConfigs " + how + " " + name, () -> admin.incrementalAlterConfigs(change(a, how, name, value)).values());
      }
    call("describeConfigs as altered", () -> admin.describeConfigs(List.of(a), new DescribeConfigsOptions().includeSynonyms(true)).values().get(a).get().entries().stream()
        .filter(e -> e.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG).map(e -> e.name() + e.value() + words(e.synonyms())).sorted().toList());
    for (var bad : List.of(new String[] {"no.such", "1"}, new String[] {"retention.ms", "x"}, new String[] {"cleanup.policy", "x"}, new String[] {"min.insync.replicas", "0"},
        new String[] {"retention.ms", ""}, new String[] {"compression.type", "none"}, new String[] {"follower.replication.throttled.replicas", "*"},
        new String[] {"follower.replication.throttled.replicas", "x"}, new String[] {"remote.storage.enable", "true"}, new String[] {"message.timestamp.type", "LogAppendTime"}))
      call("incrementalAlterConfigs " + bad[0] + "=" + bad[1], () -> admin.incrementalAlterConfigs(change(a, AlterConfigOp.OpType.SET, bad[0], bad[1])).all());
    call("incrementalAlterConfigs validateOnly", () -> admin.incrementalAlterConfigs(change(a, AlterConfigOp.OpType.SET, "segment.ms", "777"), new AlterConfigsOptions().validateOnly(true)).all());
    call("incrementalAlterConfigs twice", () -> admin.incrementalAlterConfigs(Map.of(a, List.of(new AlterConfigOp(new ConfigEntry("segment.ms", "1"), AlterConfigOp.OpType.SET),
        new AlterConfigOp(new ConfigEntry("segment.ms", "2"), AlterConfigOp.OpType.SET)))).all());
    for (var what : List.of(topicResource("none"), brokerResource("9"), brokerResource("x"), new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "m"), new ConfigResource(ConfigResource.Type.GROUP, "")))
      call("incrementalAlterConfigs of " + what, () -> admin.incrementalAlterConfigs(change(what, AlterConfigOp.OpType.SET, "x", "1"), soon(new AlterConfigsOptions())).all());
    call("incrementalAlterConfigs of a broker", () -> admin.incrementalAlterConfigs(change(brokerResource("1"), AlterConfigOp.OpType.SET, "log.retention.ms", "70000")).all());
    call("incrementalAlterConfigs of all brokers", () -> admin.incrementalAlterConfigs(change(brokerResource(""), AlterConfigOp.OpType.SET, "log.retention.ms", "60000")).all());
    call("incrementalAlterConfigs read-only", () -> admin.incrementalAlterConfigs(change(brokerResource("1"), AlterConfigOp.OpType.SET, "num.partitions", "3")).all());
    call("incrementalAlterConfigs read-only of all", () -> admin.incrementalAlterConfigs(change(brokerResource(""), AlterConfigOp.OpType.SET, "num.partitions", "3")).all());
    until("the broker has it", () -> admin.describeConfigs(List.of(brokerResource("1"))).all().get().get(brokerResource("1")).get("log.retention.ms").value().equals("70000"));
    call("describeConfigs of a broker's", () -> admin.describeConfigs(List.of(brokerResource("1")), new DescribeConfigsOptions().includeSynonyms(true)).all().get().get(brokerResource("1"))
        .get("log.retention.ms").synonyms());
    callForConfig("describeConfigs of brokers' default", () -> admin.describeConfigs(List.of(brokerResource(""))).all().get().get(brokerResource("")));
    var group = new ConfigResource(ConfigResource.Type.GROUP, "g");
    call("incrementalAlterConfigs of a group", () -> admin.incrementalAlterConfigs(change(group, AlterConfigOp.OpType.SET, "consumer.session.timeout.ms", "50000")).all());
    call("incrementalAlterConfigs of a group, too low", () -> admin.incrementalAlterConfigs(change(group, AlterConfigOp.OpType.SET, "consumer.session.timeout.ms", "5")).all());
    call("incrementalAlterConfigs of a group, unknown", () -> admin.incrementalAlterConfigs(change(group, AlterConfigOp.OpType.SET, "no.such", "5")).all());
    callForConfig("describeConfigs of that group", () -> admin.describeConfigs(List.of(group), new DescribeConfigsOptions().includeSynonyms(true)).all().get().get(group));
    call("listConfigResources", () -> admin.listConfigResources().all().get().stream().map(Object::toString).sorted().toList());
    for (var type : ConfigResource.Type.values())
      call("listConfigResources " + type, () -> admin.listConfigResources(Set.of(type), new ListConfigResourcesOptions()).all().get().stream().map(Object::toString).sorted().toList());
    call("listClientMetricsResources", () -> admin.listClientMetricsResources().all());
    var loggers = new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "1");
    call("incrementalAlterConfigs of a logger", () -> admin.incrementalAlterConfigs(change(loggers, AlterConfigOp.OpType.SET, "no.such.logger", "DEBUG")).all());
    call("incrementalAlterConfigs of the root logger", () -> admin.incrementalAlterConfigs(change(loggers, AlterConfigOp.OpType.SET, "root", "INFO")).all());
    call("incrementalAlterConfigs of the root logger, no level", () -> admin.incrementalAlterConfigs(change(loggers, AlterConfigOp.OpType.SET, "root", "LOUD")).all());
    call("incrementalAlterConfigs deletes the root logger", () -> admin.incrementalAlterConfigs(change(loggers, AlterConfigOp.OpType.DELETE, "root", "")).all());
    for (var broker : List.of("1", "")) 
      call("incrementalAlterConfigs takes back of '" + broker + "'", () -> admin.incrementalAlterConfigs(change(brokerResource(broker), AlterConfigOp.OpType.DELETE, "log.retention.ms", "")).all());
    for (var name : List.of("cleanup.policy", "min.insync.replicas", "retention.ms", "message.timestamp.type", "compression.type", "follower.replication.throttled.replicas"))
      admin.incrementalAlterConfigs(change(a, AlterConfigOp.OpType.DELETE, name, "")).all().get();
  }
}
