// Groups of both protocols, with members and without.
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.*;
import org.apache.kafka.common.serialization.StringDeserializer;

class Groups extends Calls {
  Groups(String bootstrap) {
    super(bootstrap);
  }

  KafkaConsumer<String, String> consumer(String group, String protocol, String... more) {
    var all = settings(more);
    all.put("group.id", group);
    all.put("group.protocol", protocol);
    all.put("client.id", group + "-client");
    all.put("auto.offset.reset", "earliest");
    all.put("enable.auto.commit", "false");
    return new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer());
  }

  void run() throws Exception {
    produce("b", 1, 5);
    var b1 = new TopicPartition("b", 1);
    var b2 = new TopicPartition("b", 2);
    call("alterConsumerGroupOffsets of a new group", () -> admin.alterConsumerGroupOffsets("simple", Map.of(b1, new OffsetAndMetadata(3, Optional.of(0), "note"))).all());
    for (var protocol : List.of("classic", "consumer")) {
      try (var member = consumer(protocol, protocol)) {
        member.subscribe(List.of("b"));
        until("an assignment", () -> {
          member.poll(Duration.ofMillis(100));
          return member.assignment().size() == 3;
        });
        until("records", () -> member.poll(Duration.ofMillis(100)).count() >= 0 && member.position(b1) == 5);
        member.commitSync(Map.of(b1, new OffsetAndMetadata(5, Optional.of(0), "of " + protocol), b2, new OffsetAndMetadata(0)));
        call(protocol + ": describeConsumerGroups", () -> admin.describeConsumerGroups(List.of(protocol), new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true)).describedGroups());
        call(protocol + ": listGroups", () -> admin.listGroups().all().get().stream().map(Object::toString).sorted().toList());
        call(protocol + ": listGroups stable", () -> admin.listGroups(new ListGroupsOptions().inGroupStates(Set.of(GroupState.STABLE))).all());
        call(protocol + ": listGroups by type", () -> admin.listGroups(new ListGroupsOptions().withTypes(Set.of(GroupType.parse(protocol)))).all().get().stream().map(Object::toString).sorted().toList());
        call(protocol + ": describeClassicGroups", () -> admin.describeClassicGroups(List.of(protocol)).describedGroups());
        call(protocol + ": deleteConsumerGroups, not empty", () -> admin.deleteConsumerGroups(List.of(protocol)).deletedGroups());
        call(protocol + ": deleteConsumerGroupOffsets, subscribed", () -> admin.deleteConsumerGroupOffsets(protocol, Set.of(b1)).partitionResult(b1));
        call(protocol + ": alterConsumerGroupOffsets, not empty", () -> admin.alterConsumerGroupOffsets(protocol, Map.of(b1, new OffsetAndMetadata(1))).all());
        call(protocol + ": listConsumerGroupOffsets", () -> admin.listConsumerGroupOffsets(protocol).partitionsToOffsetAndMetadata());
        call(protocol + ": removeMembersFromConsumerGroup, unknown instance", () -> admin.removeMembersFromConsumerGroup(protocol,
            new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("nobody")))).all());
        call(protocol + ": removeMembersFromConsumerGroup", () -> {
          var options = new RemoveMembersFromConsumerGroupOptions();
          options.reason("for a test");
          return admin.removeMembersFromConsumerGroup(protocol, options).all();
        });
        until("it is empty", () -> admin.describeConsumerGroups(List.of(protocol)).all().get().get(protocol).members().isEmpty());
        call(protocol + ": describeConsumerGroups, removed", () -> admin.describeConsumerGroups(List.of(protocol)).describedGroups());
      }
      call(protocol + ": listConsumerGroupOffsets, some", () -> admin.listConsumerGroupOffsets(Map.of(protocol, new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(b1, new TopicPartition("none", 0)))),
          new ListConsumerGroupOffsetsOptions().requireStable(true)).all());
      call(protocol + ": alterConsumerGroupOffsets", () -> admin.alterConsumerGroupOffsets(protocol, Map.of(b1, new OffsetAndMetadata(2), b2, new OffsetAndMetadata(0, "m"))).all());
      call(protocol + ": alterConsumerGroupOffsets, unknown", () -> admin.alterConsumerGroupOffsets(protocol, Map.of(b1, new OffsetAndMetadata(2), new TopicPartition("none", 0), new OffsetAndMetadata(0))).partitionResult(new TopicPartition("none", 0)));
      call(protocol + ": deleteConsumerGroupOffsets", () -> admin.deleteConsumerGroupOffsets(protocol, Set.of(b1)).all());
      call(protocol + ": deleteConsumerGroupOffsets, unknown", () -> admin.deleteConsumerGroupOffsets(protocol, Set.of(new TopicPartition("none", 0))).partitionResult(new TopicPartition("none", 0)));
      call(protocol + ": listConsumerGroupOffsets, then", () -> admin.listConsumerGroupOffsets(protocol).partitionsToOffsetAndMetadata());
    }
    try (var still = consumer("static", "classic", "group.instance.id", "first")) {
      still.subscribe(List.of("b"));
      until("an assignment", () -> {
        still.poll(Duration.ofMillis(100));
        return still.assignment().size() == 3;
      });
      call("describeConsumerGroups with an instance", () -> admin.describeConsumerGroups(List.of("static")).describedGroups());
      call("removeMembersFromConsumerGroup by instance", () -> admin.removeMembersFromConsumerGroup("static", new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("first")))).all());
    }
    var names = List.of("simple", "classic", "consumer", "none", "");
    call("describeConsumerGroups", () -> admin.describeConsumerGroups(names).describedGroups());
    call("describeClassicGroups", () -> admin.describeClassicGroups(names).describedGroups());
    call("describeShareGroups", () -> admin.describeShareGroups(List.of("simple", "none")).describedGroups());
    call("describeStreamsGroups", () -> admin.describeStreamsGroups(List.of("simple", "none")).describedGroups());
    call("listConsumerGroups", () -> admin.listConsumerGroups().all().get().stream().map(Object::toString).sorted().toList());
    call("listConsumerGroups empty", () -> admin.listConsumerGroups(new ListConsumerGroupsOptions().inGroupStates(Set.of(GroupState.EMPTY)).withTypes(Set.of(GroupType.CONSUMER))).all());
    call("listGroups for simple ones", () -> admin.listGroups(ListGroupsOptions.forConsumerGroups()).all().get().stream().map(Object::toString).sorted().toList());
    call("listGroups by protocol", () -> admin.listGroups(new ListGroupsOptions().withProtocolTypes(Set.of(""))).all().get().stream().map(Object::toString).sorted().toList());
    for (var name : names) call("listConsumerGroupOffsets of '" + name + "'", () -> admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata());
    call("deleteConsumerGroupOffsets of none", () -> admin.deleteConsumerGroupOffsets("none", Set.of(b1)).all());
    call("removeMembersFromConsumerGroup of none", () -> admin.removeMembersFromConsumerGroup("none", new RemoveMembersFromConsumerGroupOptions()).all());
    call("removeMembersFromConsumerGroup of none by instance", () -> admin.removeMembersFromConsumerGroup("none", new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("first")))).all());
    call("deleteConsumerGroups", () -> admin.deleteConsumerGroups(names).deletedGroups());
    call("listGroups, then", () -> admin.listGroups().all().get().stream().map(Object::toString).sorted().toList());
  }
}
