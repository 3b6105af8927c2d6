// Records' offsets, and the deletion of records.
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

class Records extends Calls {
  Records(String bootstrap) {
    super(bootstrap);
  }

  void run() throws Exception {
    produce("b", 0, 10);
    var b0 = new TopicPartition("b", 0);
    var none = new TopicPartition("none", 0);
    var b9 = new TopicPartition("b", 9);
    var specs = new TreeMap<String, OffsetSpec>(Map.of("latest", OffsetSpec.latest(), "earliest", OffsetSpec.earliest(), "timestamp", OffsetSpec.forTimestamp(BEGUN + 4),
        "late", OffsetSpec.forTimestamp(BEGUN + 100_000_000), "max", OffsetSpec.maxTimestamp(), "local", OffsetSpec.earliestLocal(), "tiered", OffsetSpec.latestTiered(), "pending", OffsetSpec.earliestPendingUpload()));
    for (var spec : specs.entrySet()) {
      call("listOffsets " + spec.getKey(), () -> admin.listOffsets(Map.of(b0, spec.getValue())).all());
      call("listOffsets read_committed " + spec.getKey(), () -> admin.listOffsets(Map.of(b0, spec.getValue()), new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).all());
    }
    call("listOffsets of no records", () -> admin.listOffsets(Map.of(new TopicPartition("b", 1), OffsetSpec.maxTimestamp())).all());
    call("listOffsets unknown topic", () -> admin.listOffsets(Map.of(none, OffsetSpec.latest()), soon(new ListOffsetsOptions())).partitionResult(none));
    call("listOffsets unknown partition", () -> admin.listOffsets(Map.of(b9, OffsetSpec.latest()), soon(new ListOffsetsOptions())).partitionResult(b9));
    call("deleteRecords", () -> admin.deleteRecords(Map.of(b0, RecordsToDelete.beforeOffset(4))).lowWatermarks().get(b0).get().lowWatermark());
    call("deleteRecords again", () -> admin.deleteRecords(Map.of(b0, RecordsToDelete.beforeOffset(2))).lowWatermarks().get(b0).get().lowWatermark());
    call("deleteRecords too many", () -> admin.deleteRecords(Map.of(b0, RecordsToDelete.beforeOffset(40))).lowWatermarks().get(b0).get().lowWatermark());
    call("deleteRecords negative", () -> admin.deleteRecords(Map.of(b0, RecordsToDelete.beforeOffset(-2))).lowWatermarks().get(b0).get().lowWatermark());
    call("deleteRecords unknown", () -> admin.deleteRecords(Map.of(none, RecordsToDelete.beforeOffset(4)), soon(new DeleteRecordsOptions())).all());
    admin.incrementalAlterConfigs(change(topicResource("c"), AlterConfigOp.OpType.SET, "cleanup.policy", "compact")).all().get();
    call("deleteRecords of a compacted topic", () -> admin.deleteRecords(Map.of(new TopicPartition("c", 0), RecordsToDelete.beforeOffset(0))).all());
    call("deleteRecords to the end", () -> admin.deleteRecords(Map.of(b0, RecordsToDelete.beforeOffset(-1))).lowWatermarks().get(b0).get().lowWatermark());
  }
}
