// Pipelines: clients that read records of one topic and write one for each to the next, in transactions that also
// commit the read offsets (exactly once). A client takes over a partition's pipeline from the previous one, which may
// continue for a while without knowing; some vanish in the middle. Other clients write to the first topic, read the
// other topics with read_committed, and ask for the stable offsets. In a ring, the last topic's records are passed on
// to the first topic again, and a few records go round and round: transactions that poll several times may then depend
// on each other both ways.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>

#include "broker/client/consumer.h"
#include "broker/client/transactional_producer.h"
#include "broker/protocol/messages/group_offsets.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/piping_client.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr Duration patience = seconds(8);  // of one step, in a cluster with faults
constexpr Duration successor_max = seconds(3);
constexpr std::size_t ring_records = 6;        // that a client feeds into a ring: few, so that pipelines keep up
constexpr std::string_view fed_value = "fed";  // of the records that no transaction has written
constexpr auto damaged = std::numeric_limits<std::uint64_t>::max();  // no transaction's number

bool is_ring(const Workload& workload) {
  return workload.plan.setting_or(settings::ring, 0) != 0;
}

// Pipeline n reads the n-th topic.
std::size_t pipelines(const Workload& workload) {
  return workload.stages.size() - (is_ring(workload) ? 0 : 1);
}

const std::string& target_of(const Workload& workload, std::size_t stage) {
  return workload.stages[(stage + 1) % workload.stages.size()];
}

std::string value_of(const PipedRecord& record) {
  return std::to_string(record.transaction) + " " + std::to_string(record.source_partition) + " " +
         std::to_string(record.source_offset);
}

// A record of the pipelines.
PipedRecord piped(const ReadRecord& record) {
  PipedRecord read{.offset = record.offset};
  auto text = record.value ? record.value->view() : std::string_view();
  auto take = [&](auto& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
    return error == std::errc();
  };
  if (text == fed_value) return read;
  if (!take(read.transaction) || !take(read.source_partition) || !take(read.source_offset)) read.transaction = damaged;
  return read;
}

ClusterClientOptions patient_options(const Workload& workload, Random random) {
  auto options = cluster_options(workload, random);
  options.patience = patience;
  return options;
}

ConsumerOptions committed_only(const Workload& workload) {
  ConsumerOptions options;
  options.max_wait = milliseconds(200);
  options.request_timeout = workload.request_timeout;
  options.committed_only = true;
  return options;
}

class Pipe {
 public:
  Pipe(Host& host, Workload& workload, Random random)
      : host_(host),
        workload_(workload),
        random_(random),
        cluster_(host, patient_options(workload, random_.split("cluster"))) {}

  void live() {
    while (!workload_.stop) {
      stage_ = random_.below(pipelines(workload_));
      partition_ = static_cast<std::int32_t>(random_.below(stage_partitions));
      take_over_and_go_on();
      pause(host_, random_, 1000);
    }
    note_wrong_answer(workload_, host_, cluster_.saw_wrong_answer(), "a pipeline");
  }

 private:
  const std::string& source() const { return workload_.stages[stage_]; }
  const std::string& target() const { return target_of(workload_, stage_); }

  void take_over_and_go_on() {
    TransactionalProducerOptions options;
    options.transactional_id = "pipe-" + std::to_string(stage_) + "-" + std::to_string(partition_);
    options.timeout_ms = static_cast<std::int32_t>(random_.between(1'000, 10'000));
    options.epoch_per_transaction = random_.chance(2, 3);
    TransactionalProducer producer(host_, cluster_, options);
    if (!producer.init()) return;
    id_ = options.transactional_id;
    workload_.history.take_overs.push_back({id_, producer.producer_epoch(), host_.clock().now()});
    auto from = read_up_to(host_, workload_, cluster_, stage_, partition_);
    if (!from) return;
    ClusterClient reading(host_, patient_options(workload_, random_.split("reading")));
    Consumer consumer(host_, reading, committed_only(workload_), source());
    consumer.assign(partition_, *from);
    auto rounds = random_.between(1, 20);
    for (std::int64_t round = 0; round < rounds && !workload_.stop; ++round)
      if (!pass_on(producer, consumer)) return;
  }

  struct Taken {
    std::vector<ReadRecord> records = {};
    Offset position = -1;  // requested
    Instant at = {};
  };

  // The next records of the source, some of those that are there; none, if there are none yet.
  Taken take(Consumer& consumer) {
    Taken taken{.position = consumer.position(partition_)};
    auto polled = consumer.poll();
    taken.at = host_.clock().now();
    if (!polled || polled->empty() || polled->front().error != ErrorCode::none) {
      pause(host_, random_, 300);
      return taken;
    }
    taken.records = std::move(polled->front().records);
    auto some = static_cast<std::size_t>(random_.between(1, 6));
    if (taken.records.size() > some) taken.records.resize(some);
    if (!taken.records.empty()) consumer.assign(partition_, taken.records.back().offset + 1);
    return taken;
  }

  std::size_t begin(const TransactionalProducer& producer) {
    auto& begun = workload_.history.transactions.emplace_back();
    begun.number = ++workload_.last_transaction;
    begun.transactional_id = id_;
    begun.epoch = producer.producer_epoch();
    return workload_.history.transactions.size() - 1;
  }

  // Other clients begin transactions meanwhile: a reference would not stay valid.
  PipedTransaction& transaction(std::size_t index) { return workload_.history.transactions[index]; }

  void note_read(std::uint64_t transaction, const Taken& taken) {
    CommittedRead read{{source(), partition_}, taken.at, {}, taken.position, transaction};
    for (const auto& record : taken.records) {
      read.records.push_back(piped(record));
      auto written_by = read.records.back().transaction;
      if (written_by > transaction && written_by != damaged) workload_.marks.reach(Mark::later_transaction_read);
    }
    workload_.history.committed_reads.push_back(std::move(read));
  }

  // Returns false if the transaction is left open or in doubt, for the next client that takes over.
  bool pass_on(TransactionalProducer& producer, Consumer& consumer) {
    auto position = consumer.position(partition_);
    auto taken = take(consumer);
    if (taken.records.empty()) return true;
    auto index = begin(producer);
    auto polls_max = workload_.plan.setting_or(settings::polls_per_transaction, 1);
    auto polls = polls_max > 1 ? random_.between(1, polls_max) : 1;
    int written = 0;
    Offset next = -1;
    bool vanishes = false;
    while (!taken.records.empty()) {
      note_read(transaction(index).number, taken);
      auto vanish_after = taken.records.size() + 1;
      if (random_.chance(1, 10)) vanish_after = random_.below(taken.records.size() + 1);
      vanishes = vanish_after == taken.records.size();
      if (!write(producer, taken.records, index, vanish_after)) return false;
      written += static_cast<int>(taken.records.size());
      next = taken.records.back().offset + 1;
      taken = --polls > 0 ? take(consumer) : Taken();
    }
    auto asked = host_.clock().now();
    auto committed = producer.commit_offsets(group_of_stage(stage_), {{{source(), partition_}, next}});
    if (!committed) return refused(committed.error().code);
    transaction(index).last_write = asked;
    if (vanishes) return vanish();
    bool commits = !random_.chance(1, 6);
    transaction(index).records = written;
    if (commits) transaction(index).commit_invoked = host_.clock().now();
    auto ended = producer.end(commits);
    auto& over = transaction(index);
    over.completed = host_.clock().now();
    over.outcome = !commits ? Outcome::failed : ended ? Outcome::ok : Outcome::unknown;
    if (!ended) return refused(ended.error().code);
    workload_.marks.reach(commits ? Mark::transaction_committed : Mark::transaction_aborted);
    if (!commits) consumer.assign(partition_, position);
    return true;
  }

  // One record for each of these, unless it vanishes after some of them. Returns false as pass_on().
  bool write(TransactionalProducer& producer, const std::vector<ReadRecord>& records, std::size_t index,
             std::size_t vanish_after) {
    for (std::size_t n = 0; n < records.size(); ++n) {
      if (n == vanish_after) return vanish();
      PipedRecord record{-1, transaction(index).number, partition_, records[n].offset};
      auto to = static_cast<std::int32_t>(random_.below(stage_partitions));
      auto asked = host_.clock().now();
      auto sent = producer.send(target(), to, {{std::nullopt, value_of(record), host_.clock().wall_ms(), {}}});
      if (!sent) return refused(sent.error().code);
      transaction(index).last_write = asked;
      // another client may take over meanwhile, or the transaction time out
      if (random_.chance(1, 24))
        wait_for_successor(transaction(index).epoch);
      else if (random_.chance(1, 8))
        pause(host_, random_, 1500);
    }
    return true;
  }

  // Returns once another client has taken over and had time for a write, or after some seconds: the next write may come
  // in the midst of the other's transaction.
  void wait_for_successor(std::int16_t epoch) {
    auto succeeded = [&](const TakeOver& one) { return one.transactional_id == id_ && one.epoch > epoch; };
    for (auto until = host_.clock().now() + successor_max;
         host_.clock().now() < until && !workload_.stop &&
         std::ranges::none_of(workload_.history.take_overs, succeeded);)
      host_.clock().sleep_for(milliseconds(50));
    pause(host_, random_, 800);
  }

  bool vanish() {
    workload_.marks.reach(Mark::transaction_abandoned);
    return false;
  }

  bool refused(ErrorCode error) {
    switch (error) {
      case ErrorCode::producer_fenced:
      case ErrorCode::invalid_producer_epoch:
      case ErrorCode::invalid_producer_id_mapping:
      case ErrorCode::invalid_txn_state:
      case ErrorCode::transaction_abortable: workload_.marks.reach(Mark::transaction_fenced); break;
      default: break;
    }
    return false;
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient cluster_;
  std::size_t stage_ = 0;
  std::int32_t partition_ = 0;
  std::string id_;
};

void feed(Host& host, Workload& workload, Random random) {
  ClusterClient cluster(host, cluster_options(workload, random.split("cluster")));
  ProducerOptions options;
  options.request_timeout = workload.request_timeout;
  options.delivery_timeout = patience;
  Producer producer(host, cluster, options);
  std::size_t fed = 0;
  while (!workload.stop && !(is_ring(workload) && fed >= ring_records)) {
    std::vector<Record> records(static_cast<std::size_t>(random.between(1, 3)));
    for (auto& record : records) record = {std::nullopt, std::string(fed_value), host.clock().wall_ms(), {}};
    auto delivery =
        producer.send(workload.stages.front(), static_cast<std::int32_t>(random.below(stage_partitions)), records);
    if (delivery.outcome != Delivery::Outcome::failed) fed += records.size();
    pause(host, random, 400);
  }
}

void read_committed(Host& host, Workload& workload, Random random) {
  ClusterClient cluster(host, cluster_options(workload, random.split("cluster")));
  while (!workload.stop) {
    auto stage = random.below(pipelines(workload));
    const auto& topic = target_of(workload, stage);
    read_up_to(host, workload, cluster, stage, static_cast<std::int32_t>(random.below(stage_partitions)));
    Consumer consumer(host, cluster, committed_only(workload), topic);
    for (std::int32_t partition = 0; partition < stage_partitions; ++partition) consumer.assign(partition, 0);
    for (auto polls = random.between(1, 50); polls > 0 && !workload.stop; --polls) {
      std::map<std::int32_t, Offset> positions;
      for (std::int32_t partition = 0; partition < stage_partitions; ++partition)
        positions[partition] = consumer.position(partition);
      auto polled = consumer.poll();
      if (!polled) pause(host, random, 300);
      for (const auto& part : polled ? *polled : std::vector<Polled>()) {
        if (part.error != ErrorCode::none) pause(host, random, 300);
        if (part.records.empty()) continue;
        auto& read = workload.history.committed_reads.emplace_back();
        read.from = {topic, part.partition};
        read.completed = host.clock().now();
        read.position = positions[part.partition];
        for (const auto& record : part.records) read.records.push_back(piped(record));
        workload.marks.reach(Mark::committed_read);
      }
    }
  }
}

// Repeats until there is an answer.
Offset insist_on_end(Host& host, Consumer& consumer, std::int32_t partition) {
  for (;;) {
    ErrorCode error{};
    auto offset = consumer.list_offset(partition, latest_offset, error);
    if (offset && error == ErrorCode::none) return *offset;
    host.clock().sleep_for(milliseconds(100));
  }
}

// All committed records of the partition, once no transaction is open.
std::vector<ReadRecord> read_to_end(Host& host, const Workload& workload, ClusterClient& cluster,
                                    const std::string& topic, std::int32_t partition) {
  Consumer committed(host, cluster, committed_only(workload), topic);
  ConsumerOptions all = committed_only(workload);
  all.committed_only = false;
  Consumer uncommitted(host, cluster, all, topic);
  auto end = insist_on_end(host, uncommitted, partition);
  while (insist_on_end(host, committed, partition) < end) host.clock().sleep_for(milliseconds(100));
  std::vector<ReadRecord> records;
  committed.assign(partition, 0);
  while (committed.position(partition) < end) {
    auto polled = committed.poll();
    if (!polled || polled->empty() || polled->front().error != ErrorCode::none) {
      host.clock().sleep_for(milliseconds(100));
      continue;
    }
    std::ranges::move(polled->front().records, std::back_inserter(records));
  }
  return records;
}

}  // namespace

std::string group_of_stage(std::size_t stage) {
  return "stage-" + std::to_string(stage);
}

std::optional<Offset> read_up_to(Host& host, Workload& workload, ClusterClient& cluster, std::size_t stage,
                                 std::int32_t partition) {
  auto group = group_of_stage(stage);
  OffsetFetchRequest request;
  request.require_stable = true;
  auto& asked = request.groups.emplace_back();
  asked.group_id = group;
  asked.member_epoch = -1;
  asked.topics.emplace().push_back({workload.stages[stage], {}, {partition}});
  auto invoked = host.clock().now();
  auto answer = cluster.retry([&](Deadline deadline) -> Answer<Offset> {
    FULMAR_TRY(auto id, cluster.coordinator_of(group, deadline));
    FULMAR_TRY(auto connection, cluster.broker(id, deadline));
    FULMAR_TRY(auto response, connection->call<OffsetFetchResponse>(request, deadline, offset_fetch_by_name));
    if (response.groups.size() != 1) return refuse(ErrorCode::unknown_server_error, "no group");
    const auto& told = response.groups[0];
    if (told.error_code != ErrorCode::none) return refuse(told.error_code, group);
    if (told.topics.size() != 1 || told.topics[0].partitions.size() != 1)
      return refuse(ErrorCode::unknown_server_error, "no partition");
    const auto& offset = told.topics[0].partitions[0];
    if (offset.error_code == ErrorCode::unstable_offset_commit) workload.marks.reach(Mark::unstable_offset);
    if (offset.error_code != ErrorCode::none) return refuse(offset.error_code, group);
    return std::max<Offset>(offset.committed_offset, 0);
  });
  if (!answer) return std::nullopt;
  workload.history.stable_offsets.push_back(
      {{workload.stages[stage], partition}, *answer, invoked, host.clock().now()});
  return *answer;
}

void pipe(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  FiberGroup fibers;
  fibers.spawn("feeder", [&] { feed(host, workload, random.split("feeder")); });
  fibers.spawn("committed reader", [&] { read_committed(host, workload, random.split("reader")); });
  for (std::uint64_t n = 0; n < 2; ++n)
    fibers.spawn("pipe", [&, n] { Pipe(host, workload, random.split("pipe").split(n)).live(); });
  fibers.join();
}

int read_stages(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient cluster(host, patient_options(workload, random.split("cluster")));
  std::vector<std::map<std::int32_t, std::vector<ReadRecord>>> all(workload.stages.size());
  for (std::size_t stage = 0; stage < workload.stages.size(); ++stage)
    for (std::int32_t partition = 0; partition < stage_partitions; ++partition)
      all[stage][partition] = read_to_end(host, workload, cluster, workload.stages[stage], partition);
  for (std::size_t stage = 0; stage < pipelines(workload); ++stage) {
    FinalStage final_stage{workload.stages[stage], target_of(workload, stage), {}, {}, {}};
    for (std::int32_t partition = 0; partition < stage_partitions; ++partition) {
      for (const auto& record : all[stage][partition]) final_stage.sources[partition].insert(record.offset);
      for (const auto& record : all[(stage + 1) % all.size()][partition])
        if (auto read = piped(record); read.transaction || final_stage.target != workload.stages.front())
          final_stage.targets[partition].push_back(read);
      std::optional<Offset> end;
      while (!end) end = read_up_to(host, workload, cluster, stage, partition);
      final_stage.read_up_to[partition] = *end;
    }
    workload.history.final_stages.push_back(std::move(final_stage));
  }
  return 0;
}

}  // namespace fulmar
