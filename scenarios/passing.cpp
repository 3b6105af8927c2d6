#include "scenarios/passing.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "runtime/host/clock.h"
#include "scenarios/clients.h"
#include "scenarios/piping_client.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

constexpr auto damaged = std::numeric_limits<std::uint64_t>::max();  // no transaction's number
constexpr Duration successor_max = seconds(3);

// In a healthy cluster: until a transaction's timeout has passed and it has its markers.
constexpr Duration open_max = milliseconds(transaction_timeout_ms_max) + seconds(15);

std::string value_of(const PipedRecord& record) {
  return std::to_string(record.transaction) + " " + std::to_string(record.source_partition) + " " +
         std::to_string(record.source_offset);
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

}  // namespace

bool is_ring(const Workload& workload) {
  return workload.plan.setting_or(settings::ring, 0) != 0;
}

std::size_t pipelines(const Workload& workload) {
  return workload.stages.size() - (is_ring(workload) ? 0 : 1);
}

const std::string& target_of(const Workload& workload, std::size_t stage) {
  return workload.stages[(stage + 1) % workload.stages.size()];
}

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
  options.patience = piping_patience;
  return options;
}

ConsumerOptions committed_only(const Workload& workload) {
  ConsumerOptions options;
  options.max_wait = milliseconds(200);
  options.request_timeout = workload.request_timeout;
  options.committed_only = true;
  return options;
}

Offset wait_until_decided(Host& host, Workload& workload, ClusterClient& cluster, const std::string& topic,
                          std::int32_t partition) {
  Consumer committed(host, cluster, committed_only(workload), topic);
  ConsumerOptions all = committed_only(workload);
  all.committed_only = false;
  Consumer uncommitted(host, cluster, all, topic);
  auto end = insist_on_end(host, uncommitted, partition);
  auto asked = host.clock().now();
  bool hangs = false;
  for (Offset stable; (stable = insist_on_end(host, committed, partition)) < end;) {
    if (!hangs && host.clock().now() > asked + open_max)
      workload.seen.push_back({"liveness", "hanging-transaction",
                               topic + "-" + std::to_string(partition) + " has a transaction at offset " +
                                   std::to_string(stable) + " that nobody ends",
                               host.clock().now()});
    hangs = host.clock().now() > asked + open_max;
    host.clock().sleep_for(milliseconds(100));
  }
  return end;
}

// The next records of the source, some of those that are there; none, if there are none yet.
Passing::Taken Passing::take(Consumer& consumer) {
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

std::size_t Passing::begin(const TransactionalProducer& producer) {
  auto& begun = workload_.history.transactions.emplace_back();
  begun.number = ++workload_.last_transaction;
  begun.transactional_id = id_;
  begun.epoch = producer.producer_epoch();
  return workload_.history.transactions.size() - 1;
}

void Passing::note_read(std::uint64_t transaction, const Taken& taken) {
  CommittedRead read{{source(), partition_}, taken.at, {}, taken.position, transaction};
  for (const auto& record : taken.records) {
    read.records.push_back(piped(record));
    auto written_by = read.records.back().transaction;
    if (written_by > transaction && written_by != damaged) workload_.marks.reach(Mark::later_transaction_read);
  }
  tell_ended(workload_, read);
  workload_.history.committed_reads.push_back(std::move(read));
}

bool Passing::pass_on(TransactionalProducer& producer, Consumer& consumer) {
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
    note_read(of(index).number, taken);
    auto vanish_after = taken.records.size() + 1;
    if (random_.chance(1, 10)) vanish_after = random_.below(taken.records.size() + 1);
    vanishes = vanish_after == taken.records.size();
    if (!write(producer, taken.records, index, vanish_after)) return false;
    written += static_cast<int>(taken.records.size());
    next = taken.records.back().offset + 1;
    taken = --polls > 0 ? take(consumer) : Taken();
  }
  auto as = member();
  before_offset();
  auto asked = host_.clock().now();
  auto committed = commit_offset(producer, as, next);
  if (!committed) return refused(committed.error().code);
  of(index).last_write = asked;
  if (vanishes) return vanish();
  // It may time out, and be aborted, before it is to be committed.
  if (random_.chance(1, 16)) host_.clock().sleep_for(milliseconds(random_.between(1, transaction_timeout_ms_max)));
  bool commits = !random_.chance(1, 6);
  of(index).records = written;
  if (commits) of(index).commit_invoked = host_.clock().now();
  tell_begun(workload_, of(index));
  auto ended = producer.end(commits);
  auto& over = of(index);
  over.completed = host_.clock().now();
  over.outcome = !commits ? Outcome::failed : ended ? Outcome::ok : Outcome::unknown;
  tell_ended(workload_, over);
  if (!ended) return refused(ended.error().code);
  workload_.marks.reach(commits ? Mark::transaction_committed : Mark::transaction_aborted);
  if (!commits) consumer.assign(partition_, position);
  return true;
}

bool Passing::write(TransactionalProducer& producer, const std::vector<ReadRecord>& records, std::size_t index,
                    std::size_t vanish_after) {
  for (std::size_t n = 0; n < records.size(); ++n) {
    if (n == vanish_after) return vanish();
    PipedRecord record{-1, of(index).number, partition_, records[n].offset};
    auto to = static_cast<std::int32_t>(random_.below(stage_partitions));
    auto asked = host_.clock().now();
    auto sent = producer.send(target(), to, {{std::nullopt, value_of(record), host_.clock().wall_ms(), {}}});
    if (!sent) return refused(sent.error().code);
    of(index).last_write = asked;
    // another client may take over meanwhile, or the transaction time out
    if (random_.chance(1, 24))
      wait_for_successor(of(index).epoch);
    else if (random_.chance(1, 8))
      pause(host_, random_, 1500);
  }
  return true;
}

void Passing::wait_for_successor(std::int16_t epoch) {
  auto succeeded = [&](const TakeOver& one) { return one.transactional_id == id_ && one.epoch > epoch; };
  for (auto until = host_.clock().now() + successor_max;
       host_.clock().now() < until && !workload_.stop && std::ranges::none_of(workload_.history.take_overs, succeeded);)
    host_.clock().sleep_for(milliseconds(50));
  pause(host_, random_, 800);
}

bool Passing::vanish() {
  workload_.marks.reach(Mark::transaction_abandoned);
  return false;
}

bool Passing::refused(ErrorCode error) {
  switch (error) {
    case ErrorCode::producer_fenced:
    case ErrorCode::invalid_producer_epoch:
    case ErrorCode::invalid_producer_id_mapping:
    case ErrorCode::invalid_txn_state:
    case ErrorCode::transaction_abortable: workload_.marks.reach(Mark::transaction_fenced); break;
    case ErrorCode::illegal_generation:
    case ErrorCode::unknown_member_id:
    case ErrorCode::fenced_member_epoch:
    case ErrorCode::fenced_instance_id: workload_.marks.reach(Mark::transaction_of_past_member); break;
    default: break;
  }
  return false;
}

Answer<void> Passing::commit_offset(TransactionalProducer& producer, const CommittingMember& as, Offset next) {
  auto group = group_of_stage(stage_);
  GroupOffsets offsets{{{source(), partition_}, next}};
  if (as.id.empty()) return producer.commit_offsets(group, offsets);
  auto index = workload_.history.group_commits.size();
  workload_.history.group_commits.push_back(
      {group, as.id, as.generation, partition_, next, as.instance_id.value_or(""), host_.clock().now()});
  tell_begun(workload_, workload_.history.group_commits[index]);
  auto committed = producer.commit_offsets(group, offsets, as);
  auto& commit = workload_.history.group_commits[index];
  commit.outcome = committed ? Outcome::ok : Outcome::unknown;
  if (committed) commit.completed = host_.clock().now();
  tell_ended(workload_, commit);
  return committed;
}

}  // namespace fulmar
