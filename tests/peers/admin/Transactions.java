// Transactions, their producers, and how operators end them.
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.*;
import org.apache.kafka.common.serialization.StringSerializer;

class Transactions extends Calls {
  Transactions(String bootstrap) {
    super(bootstrap);
  }

  KafkaProducer<String, String> transactional(String id) {
    return new KafkaProducer<>(settings("transactional.id", id), new StringSerializer(), new StringSerializer());
  }

  static String producer(ProducerState state) {
    return (state.producerId() >= 0) + " epoch " + state.producerEpoch() + " sequence " + state.lastSequence() + " at " + (state.lastTimestamp() > 0) + " coordinator "
        + state.coordinatorEpoch() + " open from " + state.currentTransactionStartOffset();
  }

  void run() throws Exception {
    var a0 = new TopicPartition("a", 0);
    call("listTransactions none", () -> admin.listTransactions().all());
    var one = transactional("one");
    one.initTransactions();
    one.beginTransaction();
    one.send(new ProducerRecord<>("a", 0, null, "value")).get();
    call("describeTransactions", () -> admin.describeTransactions(List.of("one", "none")).description("one").get().toString().replaceAll("(coordinatorId|producerId|transactionTimeoutMs)=\\d+", "$1").replaceAll("(StartTimeMs=Optional\\w*\\[)\\d+", "$1TIME"));
    call("describeTransactions none", () -> admin.describeTransactions(List.of("none")).description("none"));
    call("listTransactions", () -> admin.listTransactions().all().get().stream().map(t -> t.transactionalId() + (t.producerId() >= 0) + t.state()).toList());
    call("listTransactions by state", () -> admin.listTransactions(new ListTransactionsOptions().filterStates(List.of(TransactionState.ONGOING))).all().get().stream().map(t -> t.transactionalId()).toList());
    call("listTransactions by other state", () -> admin.listTransactions(new ListTransactionsOptions().filterStates(List.of(TransactionState.COMPLETE_ABORT))).all());
    call("listTransactions by producer", () -> admin.listTransactions(new ListTransactionsOptions().filterProducerIds(List.of(99999L))).all());
    call("listTransactions by duration", () -> admin.listTransactions(new ListTransactionsOptions().filterOnDuration(1000000)).all());
    call("listTransactions by pattern", () -> admin.listTransactions(new ListTransactionsOptions().filterOnTransactionalIdPattern("o.*")).all().get().stream().map(t -> t.transactionalId()).toList());
    call("listTransactions by no pattern", () -> admin.listTransactions(new ListTransactionsOptions().filterOnTransactionalIdPattern("(")).all());
    call("listTransactions by coordinator", () -> admin.listTransactions().byBrokerId().get().keySet());
    call("describeProducers", () -> admin.describeProducers(List.of(a0)).all().get().get(a0).activeProducers().stream().map(Transactions::producer).toList());
    call("describeProducers at the leader", () -> {
      int leader = admin.describeTopics(List.of("a")).allTopicNames().get().get("a").partitions().get(0).leader().id();
      return admin.describeProducers(List.of(a0), new DescribeProducersOptions().brokerId(leader)).all().get().get(a0).activeProducers().size();
    });
    call("describeProducers unknown", () -> admin.describeProducers(List.of(new TopicPartition("none", 0)), soon(new DescribeProducersOptions())).all());
    call("listOffsets, a transaction open", () -> List.of(words(admin.listOffsets(Map.of(a0, OffsetSpec.latest())).all()), words(admin.listOffsets(Map.of(a0, OffsetSpec.latest()), new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).all())));
    call("forceTerminateTransaction", () -> admin.forceTerminateTransaction("one").result());
    call("forceTerminateTransaction of none", () -> admin.forceTerminateTransaction("none").result());
    call("a terminated producer commits", () -> {
      one.commitTransaction();
      return "committed";
    });
    one.close(Duration.ZERO);
    var two = transactional("two");
    two.initTransactions();
    two.beginTransaction();
    two.send(new ProducerRecord<>("a", 1, null, "value")).get();
    call("fenceProducers", () -> {
      var result = admin.fenceProducers(List.of("two"));
      return List.of(words(result.all()), words(result.epochId("two")), result.producerId("two").get() >= 0);
    });
    call("a fenced producer sends", () -> {
      two.send(new ProducerRecord<>("a", 1, null, "value")).get();
      return "sent";
    });
    two.close(Duration.ZERO);
    call("fenceProducers of none", () -> admin.fenceProducers(List.of("never")).all());
    try (var before = transactional("three")) {
      before.initTransactions();
    }
    var three = transactional("three");  // of a later epoch
    three.initTransactions();
    three.beginTransaction();
    three.send(new ProducerRecord<>("c", 0, "key", "value")).get();
    var c0 = new TopicPartition("c", 0);
    call("abortTransaction of another epoch", () -> {
      var open = admin.describeProducers(List.of(c0)).all().get().get(c0).activeProducers().get(0);
      return admin.abortTransaction(new AbortTransactionSpec(c0, open.producerId(), (short) (open.producerEpoch() - 1), 0)).all();
    });
    call("abortTransaction of another producer", () -> admin.abortTransaction(new AbortTransactionSpec(c0, 99999, (short) 0, 0)).all());
    call("abortTransaction", () -> {
      var open = admin.describeProducers(List.of(c0)).all().get().get(c0).activeProducers().get(0);
      return admin.abortTransaction(new AbortTransactionSpec(c0, open.producerId(), (short) open.producerEpoch(), open.coordinatorEpoch().orElse(0))).all();
    });
    call("describeProducers, aborted", () -> admin.describeProducers(List.of(c0)).all().get().get(c0).activeProducers().stream().map(Transactions::producer).toList());
    three.close(Duration.ZERO);
  }
}
