// What all parts of this program have: a client, and how a call is made and what came of it is printed, in words that do not depend on the cluster:
// ids, addresses and times are left out, sets are sorted.
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;

class Calls {
  static final int SECONDS = 30;
  static final long BEGUN = System.currentTimeMillis() - 1_000_000;  // of the first record, which is young enough to be kept
  static final Pattern UUID = Pattern.compile("\\b[A-Za-z0-9_-]{22}\\b");
  static final Pattern TIME = Pattern.compile("\\b1[5-9]\\d{11}\\b");

  final String bootstrap;
  final Admin admin;

  Calls(String bootstrap) {
    this.bootstrap = bootstrap;
    admin = Admin.create(settings());
  }

  Properties settings(String... more) {
    var properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("request.timeout.ms", "20000");
    properties.put("default.api.timeout.ms", "20000");
    for (int i = 0; i < more.length; i += 2) properties.put(more[i], more[i + 1]);
    return properties;
  }

  // For calls that end only when their time is over.
  static <Options extends AbstractOptions<Options>> Options soon(Options options) {
    return options.timeoutMs(3000);
  }

  static ConfigResource topicResource(String name) {
    return new ConfigResource(ConfigResource.Type.TOPIC, name);
  }

  static Map<ConfigResource, Collection<AlterConfigOp>> change(ConfigResource what, AlterConfigOp.OpType how, String name, String value) {
    return Map.of(what, List.of(new AlterConfigOp(new ConfigEntry(name, value), how)));
  }

  void call(String name, Callable<Object> call) {
    String outcome, text = "";
    try {
      outcome = words(get(call.call()));
    } catch (Throwable failed) {
      var cause = failed instanceof ExecutionException ? failed.getCause() : failed;
      outcome = cause.getClass().getSimpleName() + (cause.getMessage() == null ? " without a message" : "");
      text = String.valueOf(cause.getMessage());
    }
    tell(name, outcome, text);
  }

  static void tell(String name, String outcome, String text) {
    System.out.println((name + "\t" + outcome + "\t" + text).replace('\n', ' '));
  }

  // Each property is told by itself.
  void callForConfig(String name, Callable<Config> call) {
    try {
      for (var entry : call.call().entries())
        tell(name + ": " + entry.name(), entry.value() + " " + entry.source() + " " + entry.type() + (entry.isSensitive() ? " sensitive" : "") + (entry.isReadOnly() ? " read-only" : "")
            + " " + entry.synonyms().stream().map(s -> s.name() + ":" + s.value() + ":" + s.source()).toList() + (entry.documentation() == null ? "" : " documented"), "");
    } catch (Throwable failed) {
      var cause = failed instanceof ExecutionException ? failed.getCause() : failed;
      tell(name, cause.getClass().getSimpleName(), cause.getMessage());
    }
  }

  // Waits for what has no other sign than that it holds.
  void until(String what, Callable<Boolean> holds) throws Exception {
    long end = System.nanoTime() + SECONDS * 1_000_000_000L;
    while (true) {
      try {
        if (holds.call()) return;
      } catch (ExecutionException notYet) {
        // asked again
      }
      if (System.nanoTime() > end) throw new AssertionError("not within " + SECONDS + " s: " + what);
      Thread.sleep(20);
    }
  }

  // Every partition has a leader, and all its replicas are in sync.
  void awaitHealth(String topic, int partitions) throws Exception {
    until("leaders of " + topic, () -> {
      var described = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions();
      return described.size() == partitions && described.stream().allMatch(p -> p.leader() != null && p.leader().id() >= 0 && p.isr().size() == p.replicas().size());
    });
  }

  void produce(String topic, int partition, int count) throws Exception {
    try (var producer = new KafkaProducer<>(settings(), new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(topic, partition, BEGUN + i, null, "value")).get();
    }
  }

  static Object get(Object result) throws Exception {
    return result instanceof KafkaFuture<?> future ? future.get(SECONDS, TimeUnit.SECONDS) : result;
  }

  static String words(Object value) {
    try {
      value = get(value);
    } catch (ExecutionException failed) {
      value = failed.getCause();
    } catch (Exception failed) {
      value = failed;
    }
    if (value == null) return "null";
    if (value instanceof Map<?, ?> map) {
      var sorted = new TreeMap<String, String>();
      map.forEach((key, part) -> sorted.put(words(key), words(part)));
      return sorted.toString();
    }
    if (value instanceof Set<?> set) return sorted(set.stream());
    if (value instanceof Collection<?> list) return list.stream().map(Calls::words).toList().toString();
    if (value instanceof Optional<?> optional) return optional.map(Calls::words).orElse("nothing");
    if (value instanceof Throwable thrown) return thrown.getClass().getSimpleName();
    if (value instanceof Node node) return "node " + node.id() + (node.isFenced() ? " fenced" : "");
    if (value instanceof Uuid id) return id.equals(Uuid.ZERO_UUID) ? "no id" : "an id";
    if (value instanceof TopicDescription topic) return topic(topic);
    if (value instanceof ConsumerGroupDescription group) return group(group);
    if (value instanceof ClassicGroupDescription group) return group(group);
    var text = TIME.matcher(UUID.matcher(value.toString()).replaceAll("ID")).replaceAll("TIME");
    return text.replaceAll("127\\.0\\.0\\.1:\\d+", "HOST");
  }

  static String sorted(Stream<?> parts) {
    return parts.map(Calls::words).sorted().toList().toString();
  }

  static String topic(TopicDescription topic) {
    return topic.name() + (topic.isInternal() ? " internal " : " ") + words(topic.topicId()) + " operations " + words(topic.authorizedOperations()) + " "
        + topic.partitions().stream().map(p -> p.partition() + " of " + p.replicas().size() + " isr " + p.isr().size() + " leader "
            + (p.leader() == null ? "none" : "one") + " elr " + words(p.elr()) + " last elr " + words(p.lastKnownElr())).toList();
  }

  static String member(MemberDescription member) {
    return "member of " + member.clientId() + " at " + member.host() + " instance " + words(member.groupInstanceId()) + " rack " + words(member.rackId()) + " assigned "
        + words(member.assignment().topicPartitions()) + " target " + words(member.targetAssignment().map(MemberAssignment::topicPartitions)) + " epoch "
        + words(member.memberEpoch()) + " upgraded " + words(member.upgraded());
  }

  static String group(ConsumerGroupDescription group) {
    return group.groupId() + " " + group.type() + (group.isSimpleConsumerGroup() ? " simple " : " ") + group.groupState() + " assignor " + group.partitionAssignor() + " epoch "
        + words(group.groupEpoch()) + " target epoch " + words(group.targetAssignmentEpoch()) + " operations " + words(group.authorizedOperations()) + " "
        + group.members().stream().map(Calls::member).sorted().toList();
  }

  static String group(ClassicGroupDescription group) {
    return group.groupId() + " " + group.protocol() + " " + group.state() + " " + group.protocolData() + " operations " + words(group.authorizedOperations()) + " "
        + group.members().stream().map(Calls::member).sorted().toList();
  }
}
