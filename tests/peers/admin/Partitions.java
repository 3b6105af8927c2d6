// Leaders of partitions, and where their replicas are.
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;

class Partitions extends Calls {
  Partitions(String bootstrap) {
    super(bootstrap);
  }

  void run() throws Exception {
    var c0 = new TopicPartition("c", 0);
    var c1 = new TopicPartition("c", 1);
    var c2 = new TopicPartition("c", 2);
    var none = new TopicPartition("none", 0);
    for (var type : ElectionType.values()) {
      call("electLeaders " + type, () -> admin.electLeaders(type, Set.of(c0)).partitions());
      call("electLeaders of all " + type, () -> admin.electLeaders(type, null).all());
      call("electLeaders unknown " + type, () -> admin.electLeaders(type, Set.of(none, new TopicPartition("c", 9), c1)).partitions());
    }
    call("listPartitionReassignments none", () -> admin.listPartitionReassignments().reassignments());
    call("listPartitionReassignments unknown", () -> admin.listPartitionReassignments(Set.of(none)).reassignments());
    for (var bad : List.of(List.of(1, 1), List.of(9), List.of(-1), List.of(1, 2, 3, 4)))
      call("alterPartitionReassignments to " + bad, () -> admin.alterPartitionReassignments(Map.of(c0, Optional.of(new NewPartitionReassignment(bad)))).values());
    call("alterPartitionReassignments unknown", () -> admin.alterPartitionReassignments(Map.of(none, Optional.of(new NewPartitionReassignment(List.of(1, 2))))).values());
    call("alterPartitionReassignments cancels nothing", () -> admin.alterPartitionReassignments(Map.of(c0, Optional.empty(), none, Optional.empty())).values());
    call("alterPartitionReassignments to another size, not allowed", () -> admin.alterPartitionReassignments(Map.of(c0, Optional.of(new NewPartitionReassignment(List.of(1, 2, 3)))),
        new AlterPartitionReassignmentsOptions().allowReplicationFactorChange(false)).values());
    call("alterPartitionReassignments", () -> admin.alterPartitionReassignments(Map.of(c0, Optional.of(new NewPartitionReassignment(List.of(3, 1))), c1, Optional.of(new NewPartitionReassignment(List.of(1, 2, 3))),
        c2, Optional.of(new NewPartitionReassignment(List.of(2))))).values());
    until("the moves end", () -> admin.listPartitionReassignments().reassignments().get().isEmpty());
    awaitHealth("c", 3);
    call("describeTopics, moved", () -> admin.describeTopics(List.of("c")).allTopicNames().get().get("c").partitions().stream().map(p -> words(p.replicas()) + p.isr().size()).toList());
  }
}
