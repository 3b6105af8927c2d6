// Topics and partitions: made, listed, described, extended, deleted.
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.*;

class Topics extends Calls {
  Topics(String bootstrap) {
    super(bootstrap);
  }

  void run() throws Exception {
    call("createTopics validateOnly", () -> {
      var result = admin.createTopics(List.of(new NewTopic("a", 2, (short) 3)), new CreateTopicsOptions().validateOnly(true));
      return List.of(words(result.all()), words(result.numPartitions("a")), words(result.replicationFactor("a")), words(result.topicId("a")));
    });
    call("createTopics", () -> {
      var result = admin.createTopics(List.of(new NewTopic("a", 2, (short) 3).configs(Map.of("retention.ms", "5000"))));
      callForConfig("createTopics tells of its properties", () -> result.config("a").get());
      return List.of(words(result.all()), words(result.numPartitions("a")), words(result.replicationFactor("a")), words(result.topicId("a")));
    });
    call("createTopics with defaults", () -> {
      var result = admin.createTopics(List.of(new NewTopic("b", Optional.empty(), Optional.empty())));
      return List.of(words(result.all()), words(result.numPartitions("b")), words(result.replicationFactor("b")));
    });
    call("createTopics assigned", () -> admin.createTopics(List.of(new NewTopic("c", Map.of(0, List.of(1, 2), 1, List.of(2, 3))))).all());
    for (var bad : List.of(new NewTopic("a", 1, (short) 1), new NewTopic("bad name", 1, (short) 1), new NewTopic("", 1, (short) 1), new NewTopic("..", 1, (short) 1),
        new NewTopic("x".repeat(250), 1, (short) 1), new NewTopic("d", 0, (short) 1), new NewTopic("d", 1, (short) 4), new NewTopic("d", 1, (short) 0),
        new NewTopic("d", Map.of(0, List.of(1, 1))), new NewTopic("d", Map.of(0, List.of(9))), new NewTopic("d", Map.of(1, List.of(1))), new NewTopic("d", Map.of(0, List.of())),
        new NewTopic("d", 1, (short) 1).configs(Map.of("no.such", "1")), new NewTopic("d", 1, (short) 1).configs(Map.of("retention.ms", "x")),
        new NewTopic("__consumer_offsets_", 1, (short) 1), new NewTopic("d.e", 1, (short) 3), new NewTopic("d_e", 1, (short) 3)))
      call("createTopics " + bad.toString().replaceAll("x{20,}", "long"), () -> admin.createTopics(List.of(bad)).all());
    awaitHealth("a", 2);
    awaitHealth("b", 1);
    awaitHealth("c", 2);
    call("listTopics", () -> admin.listTopics().names());
    call("listTopics listings", () -> admin.listTopics(new ListTopicsOptions().listInternal(true)).namesToListings());
    call("describeTopics", () -> admin.describeTopics(List.of("a", "b", "c")).topicNameValues());
    call("describeTopics with operations", () -> admin.describeTopics(List.of("a"), new DescribeTopicsOptions().includeAuthorizedOperations(true)).topicNameValues());
    call("describeTopics, one at a time", () -> admin.describeTopics(List.of("a", "c"), new DescribeTopicsOptions().partitionSizeLimitPerResponse(1)).topicNameValues());
    call("describeTopics unknown", () -> admin.describeTopics(List.of("none", "bad name", "a")).topicNameValues());
    call("describeTopics by id", () -> {
      var id = admin.describeTopics(List.of("a")).allTopicNames().get().get("a").topicId();
      return admin.describeTopics(TopicCollection.ofTopicIds(List.of(id, new Uuid(1, 2)))).topicIdValues().entrySet().stream()
          .collect(Collectors.toMap(e -> e.getKey().equals(id) ? "a's" : "other", e -> words(e.getValue())));
    });
    call("createPartitions validateOnly", () -> admin.createPartitions(Map.of("b", NewPartitions.increaseTo(3)), new CreatePartitionsOptions().validateOnly(true)).all());
    call("createPartitions", () -> admin.createPartitions(Map.of("b", NewPartitions.increaseTo(3))).all());
    call("createPartitions assigned", () -> admin.createPartitions(Map.of("c", NewPartitions.increaseTo(3, List.of(List.of(3, 1))))).all());
    for (var bad : List.of(NewPartitions.increaseTo(3), NewPartitions.increaseTo(1), NewPartitions.increaseTo(0), NewPartitions.increaseTo(4, List.of(List.of(1, 2), List.of(1, 2))),
        NewPartitions.increaseTo(4, List.of(List.of(1, 1))), NewPartitions.increaseTo(4, List.of(List.of(9))), NewPartitions.increaseTo(4, List.of(List.of(1)))))
      call("createPartitions " + bad, () -> admin.createPartitions(Map.of("b", bad)).all());
    call("createPartitions unknown", () -> admin.createPartitions(Map.of("none", NewPartitions.increaseTo(3))).all());
    awaitHealth("b", 3);
    awaitHealth("c", 3);
    call("createTopics to delete", () -> admin.createTopics(List.of(new NewTopic("gone", 1, (short) 3), new NewTopic("gone2", 1, (short) 3))).all());
    awaitHealth("gone2", 1);
    call("deleteTopics", () -> admin.deleteTopics(List.of("gone", "none")).topicNameValues());
    call("deleteTopics by id", () -> {
      var id = admin.describeTopics(List.of("gone2")).allTopicNames().get().get("gone2").topicId();
      return admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id, new Uuid(1, 2)))).topicIdValues().entrySet().stream()
          .collect(Collectors.toMap(e -> e.getKey().equals(id) ? "gone2's" : "other", e -> words(e.getValue())));
    });
    call("deleteTopics bad name", () -> admin.deleteTopics(List.of("bad name", "")).topicNameValues());
  }
}
