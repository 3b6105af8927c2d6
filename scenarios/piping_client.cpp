// Pipelines: clients that read records of one topic and write one for each to the next, in transactions that also
// commit the read offsets (exactly once). A client takes over a partition's pipeline from the previous one, which may
// continue for a while without knowing; some vanish in the middle. In some lives the partitions of the first pipelines
// are assigned by groups instead (piping_member.h). Other clients write to the first topic, read the
// other topics with read_committed, and ask for the stable offsets. In a ring, the last topic's records are passed on
// to the first topic again, and a few records go round and round: transactions that poll several times may then depend
// on each other both ways.
#include <algorithm>
#include <iterator>

#include "broker/protocol/messages/group_offsets.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/passing.h"
#include "scenarios/piping_client.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr std::size_t ring_records = 6;  // that a client feeds into a ring: few, so that pipelines keep up
class Pipe final : private Passing {
 public:
  Pipe(Host& host, Workload& workload, Random random) : Passing(host, workload, random) {}

  void live() {
    while (!workload_.stop) {
      stage_ = workload_.grouped_stages + random_.below(pipelines(workload_) - workload_.grouped_stages);
      partition_ = static_cast<std::int32_t>(random_.below(stage_partitions));
      take_over_and_go_on();
      pause(host_, random_, 1000);
    }
    note_wrong_answer(workload_, host_, cluster_.saw_wrong_answer(), "a pipeline");
  }

 private:
  void take_over_and_go_on() {
    TransactionalProducerOptions options;
    options.transactional_id = "pipe-" + std::to_string(stage_) + "-" + std::to_string(partition_);
    options.timeout_ms = static_cast<std::int32_t>(random_.between(1'000, transaction_timeout_ms_max));
    options.epoch_per_transaction = random_.chance(2, 3);
    TransactionalProducer producer(host_, cluster_, options);
    if (!producer.init()) return;
    id_ = options.transactional_id;
    workload_.history.take_overs.push_back({id_, producer.producer_epoch(), host_.clock().now()});
    auto from = stage_read_up_to(host_, workload_, cluster_, stage_, partition_);
    if (!from) return;
    ClusterClient reading(host_, patient_options(workload_, random_.split("reading")));
    Consumer consumer(host_, reading, committed_only(workload_), source());
    consumer.assign(partition_, *from);
    auto rounds = random_.between(1, 20);
    for (std::int64_t round = 0; round < rounds && !workload_.stop; ++round)
      if (!pass_on(producer, consumer)) return;
  }
};

void feed(Host& host, Workload& workload, Random random) {
  ClusterClient cluster(host, cluster_options(workload, random.split("cluster")));
  ProducerOptions options;
  options.request_timeout = workload.request_timeout;
  options.delivery_timeout = piping_patience;
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
    stage_read_up_to(host, workload, cluster, stage, static_cast<std::int32_t>(random.below(stage_partitions)));
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
        note_committed_read(host, workload, topic, positions[part.partition], part);
        workload.marks.reach(Mark::committed_read);
      }
    }
  }
}

// All committed records of the partition, once no transaction is open.
std::vector<ReadRecord> read_to_end(Host& host, Workload& workload, ClusterClient& cluster, const std::string& topic,
                                    std::int32_t partition) {
  Consumer committed(host, cluster, committed_only(workload), topic);
  const auto end = wait_until_decided(host, workload, cluster, topic, partition);
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

void read_pipeline(Host& host, Workload& workload, ClusterClient& cluster, const OthersPipeline& pipeline) {
  FinalStage final_stage{pipeline.source, pipeline.target, {}, {}, {}};
  for (std::int32_t partition = 0; partition < workload.topics.at(pipeline.source).partitions; ++partition) {
    for (const auto& record : workload.history.final_reads.at({pipeline.source, partition}).records)
      final_stage.sources[partition].insert(record.offset);
    for (const auto& record : read_to_end(host, workload, cluster, pipeline.target, partition))
      final_stage.targets[partition].push_back(piped(record));
    std::optional<Offset> end;
    while (!end) end = read_up_to(host, workload, cluster, pipeline.group, {pipeline.source, partition});
    final_stage.read_up_to[partition] = *end;
  }
  workload.history.final_stages.push_back(std::move(final_stage));
}

}  // namespace

std::string group_of_stage(std::size_t stage) {
  return "stage-" + std::to_string(stage);
}

std::optional<Offset> stage_read_up_to(Host& host, Workload& workload, ClusterClient& cluster, std::size_t stage,
                                       std::int32_t partition) {
  return read_up_to(host, workload, cluster, group_of_stage(stage), {workload.stages[stage], partition});
}

void note_committed_read(Host& host, Workload& workload, const std::string& topic, Offset position,
                         const Polled& part) {
  auto& read = workload.history.committed_reads.emplace_back();
  read.from = {topic, part.partition};
  read.completed = host.clock().now();
  read.position = position;
  for (const auto& record : part.records) read.records.push_back(piped(record));
}

std::optional<Offset> read_up_to(Host& host, Workload& workload, ClusterClient& cluster, const std::string& group,
                                 const TopicPartition& of) {
  OffsetFetchRequest request;
  request.require_stable = true;
  auto& asked = request.groups.emplace_back();
  asked.group_id = group;
  asked.member_epoch = -1;
  asked.topics.emplace().push_back({of.topic, {}, {of.partition}});
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
  workload.history.stable_offsets.push_back({of, *answer, invoked, host.clock().now()});
  return *answer;
}

void pipe(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  FiberGroup fibers;
  fibers.spawn("feeder", [&] { feed(host, workload, random.split("feeder")); });
  fibers.spawn("committed reader", [&] { read_committed(host, workload, random.split("reader")); });
  for (std::uint64_t n = 0; n < 2; ++n) {
    if (workload.grouped_stages < pipelines(workload))
      fibers.spawn("pipe", [&, n] { Pipe(host, workload, random.split("pipe").split(n)).live(); });
    if (workload.grouped_stages > 0)
      fibers.spawn("member", [&, n] {
        auto as = workload.plan.setting_or(settings::consumer_pipelines, 0) != 0 ? pipe_as_consumer : pipe_as_member;
        as(host, workload, random.split("member").split(n));
      });
  }
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
      while (!end) end = stage_read_up_to(host, workload, cluster, stage, partition);
      final_stage.read_up_to[partition] = *end;
    }
    workload.history.final_stages.push_back(std::move(final_stage));
  }
  for (const auto& pipeline : workload.others_pipelines) read_pipeline(host, workload, cluster, pipeline);
  return 0;
}

}  // namespace fulmar
