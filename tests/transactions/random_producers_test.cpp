// Random producers against the core: two processes claim each transactional id in turn, pause and come back as zombies;
// they write to partitions that refuse old epochs, and end their transactions or let them time out; appends are
// delayed, fail, and are lost when another coordinator takes over; markers are late, lost, and repeated. Whatever
// happens, each transaction ends in the same way in all partitions, as its producer was told, if it was; and none stays
// open once faults end.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "broker/transactions/coordinator.h"
#include "runtime/base/random.h"

namespace fulmar {
namespace {

constexpr int partition_count = 4;
constexpr std::int32_t timeout_ms = 20'000;

enum class Outcome : std::uint8_t { open, committed, aborted };

// A partition according to its leader: the producers' epochs, and the records.
struct Partition {
  struct Write {
    ProducerId producer_id;
    std::int16_t producer_epoch;
    int transaction;
    Outcome outcome = Outcome::open;
  };
  std::map<ProducerId, std::int16_t> epochs;
  std::vector<Write> writes;
};

class Storm {
 public:
  Storm(std::uint64_t seed, TransactionVersion version) : random_(seed), version_(version) {
    for (int i = 0; i < 6; ++i) processes_.push_back({"t" + std::to_string(i % 3)});
    start_core();
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    calm();
    check();
  }

 private:
  enum class Mood : std::uint8_t { init, ready, open, ending, waiting };
  struct Process {
    std::string id;
    Mood mood = Mood::init;
    ProducerClaim producer = {};
    int transaction = 0;
    TransactionEnd wants = TransactionEnd::commit;
    std::set<std::int32_t> added = {};
    std::uint64_t asks = 0;  // answers to earlier requests are ignored
  };
  struct Asked {
    std::size_t process;
    std::uint64_t asks;
    std::function<void(const TransactionAnswer&)> hear;
  };
  struct Sent {
    TransactionMarkers markers;
    std::int32_t partition;
    int coordinator;
  };

  CoordinatorTime time() const { return {now_, now_.ns / 1'000'000}; }

  void start_core() {
    ++coordinators_;
    core_ = std::make_unique<TransactionCoordinator>(TransactionSettings{});
    for (const auto& record : log_) ASSERT_TRUE(core_->replay(record).has_value());
    while (!core_->finish_loading(time())) {
    }
  }

  void step() {
    auto dice = random_.below(100);
    if (dice < 5)
      pass(milliseconds(random_.below(random_.chance(1, 10) ? 30'000 : 500)));
    else if (dice < 25)
      commit_some();
    else if (dice < 26)
      fail_one();
    else if (dice < 27)
      fail_over();
    else if (dice < 50)
      send_or_deliver();
    else
      act(random_.below(processes_.size()));
    take();
  }

  void pass(Duration passed) {
    auto until = now_ + passed;
    do {
      now_ = std::max(now_, std::min(until, core_->next_deadline()));
      core_->tick(time());
      take();
    } while (now_ < until || core_->next_deadline() <= now_);
  }

  void commit_some() {
    if (appended_.empty()) return;
    auto count = 1 + random_.below(appended_.size());
    for (std::size_t i = 0; i < count; ++i) {
      auto append = std::move(appended_.front());
      appended_.pop_front();
      keep(append.record);
      core_->committed(append.id, time());
    }
  }

  void keep(const TransactionLogRecord& record) {
    const auto& value = *record.value;
    auto& last = last_producer_[record.key.transactional_id];
    EXPECT_GE(std::pair(value.producer_id, value.producer_epoch), last) << "an epoch went back";
    last = {value.producer_id, value.producer_epoch};
    log_.push_back(record);
  }

  void fail_one() {
    if (appended_.empty()) return;
    auto at = random_.below(appended_.size());
    auto id = appended_[at].id;
    appended_.erase(appended_.begin() + static_cast<std::ptrdiff_t>(at));
    core_->append_failed(id, ErrorCode::not_enough_replicas, time());
  }

  // Some appends are committed without anybody knowing. Markers are still in flight.
  void fail_over() {
    auto kept = random_.below(appended_.size() + 1);
    core_->resign();
    take();
    EXPECT_TRUE(asked_.empty()) << asked_.size() << " were never answered";
    for (std::size_t i = 0; i < kept; ++i) keep(appended_[i].record);
    appended_.clear();
    start_core();
  }

  void send_or_deliver() {
    if (random_.chance(1, 3)) {
      for (const auto& markers : core_->unmarked(std::nullopt, 100))
        for (auto partition : markers.partitions.at("t")) {
          // Without an epoch for each transaction, a second copy of a marker may end the next transaction: the sender
          // has to make sure that none is in flight.
          if (version_ == TransactionVersion::v0 && on_its_way(markers, partition)) continue;
          sent_.push_back({markers, partition, coordinators_});
        }
    }
    if (sent_.empty()) return;
    auto at = random_.below(sent_.size());
    auto sent = sent_[at];
    bool again = version_ == TransactionVersion::v2 && random_.chance(1, 8);
    if (!again) sent_.erase(sent_.begin() + static_cast<std::ptrdiff_t>(at));
    if (random_.chance(1, 8) && version_ == TransactionVersion::v2) return;  // lost
    write_marker(sent);
    if (sent.coordinator != coordinators_) return;  // the answer is not received
    sent.markers.partitions = {{"t", {sent.partition}}};
    core_->marked(sent.markers, time());
  }

  bool on_its_way(const TransactionMarkers& markers, std::int32_t partition) const {
    return std::ranges::any_of(sent_, [&](const Sent& sent) {
      return sent.partition == partition && sent.markers.producer_id == markers.producer_id;
    });
  }

  void write_marker(const Sent& sent) {
    auto& partition = partitions_[sent.partition];
    auto& epoch = partition.epochs[sent.markers.producer_id];
    if (sent.markers.producer_epoch < epoch) return;
    // A marker of version 2 has the epoch of the next transaction: it ends none of that epoch (KIP-1228).
    bool next_is_open = std::ranges::any_of(partition.writes, [&](const Partition::Write& write) {
      return write.outcome == Outcome::open && write.producer_id == sent.markers.producer_id &&
             write.producer_epoch == sent.markers.producer_epoch;
    });
    if (version_ == TransactionVersion::v2 && next_is_open) return;
    epoch = sent.markers.producer_epoch;
    for (auto& write : partition.writes)
      if (write.producer_id == sent.markers.producer_id && write.outcome == Outcome::open)
        write.outcome = sent.markers.end == TransactionEnd::commit ? Outcome::committed : Outcome::aborted;
  }

  TransactionToken ask(std::size_t index, std::function<void(const TransactionAnswer&)> hear) {
    asked_[++last_token_] = {index, processes_[index].asks, std::move(hear)};
    return last_token_;
  }

  void act(std::size_t index) {
    auto& process = processes_[index];
    if (random_.chance(1, 100)) {  // another process takes its place, and does not get its answers
      process = {process.id, Mood::init, {}, 0, TransactionEnd::commit, {}, process.asks + 1};
      return;
    }
    switch (process.mood) {
      case Mood::init:
        // A fenced process does not come back at once, or no transaction would ever end.
        if (random_.chance(1, 20)) init(index);
        return;
      case Mood::ready:
        process.transaction = ++transactions_;
        process.added.clear();
        process.mood = Mood::open;
        return;
      case Mood::open:
        if (random_.chance(1, 4) && !process.added.empty()) {
          process.mood = Mood::ending;
          process.wants = random_.chance(2, 3) ? TransactionEnd::commit : TransactionEnd::abort;
          return;
        }
        return random_.chance(1, 2) ? add(index) : write(process);
      case Mood::ending: return end(index);
      case Mood::waiting: return;
    }
  }

  void init(std::size_t index) {
    auto& process = processes_[index];
    process.mood = Mood::waiting;
    auto token = ask(index, [&process](const TransactionAnswer& answer) {
      process.mood = answer.error == ErrorCode::none ? Mood::ready : Mood::init;
      process.producer = {process.id, answer.producer_id, answer.producer_epoch};
      EXPECT_TRUE(answer.error != ErrorCode::none || answer.producer_epoch < producer_epoch_max);
    });
    core_->init(token, {process.id}, timeout_ms, next_id_++, time());
  }

  void add(std::size_t index) {
    auto& process = processes_[index];
    auto partition = static_cast<std::int32_t>(random_.below(partition_count));
    process.mood = Mood::waiting;
    auto token = ask(index, [&process, partition](const TransactionAnswer& answer) {
      process.mood =
          answer.error == ErrorCode::producer_fenced || answer.error == ErrorCode::invalid_producer_id_mapping
              ? Mood::init
              : Mood::open;
      if (answer.error == ErrorCode::none) process.added.insert(partition);
    });
    core_->add_partitions(token, process.producer, {{"t", {partition}}}, version_, time());
  }

  // A partition accepts it once the coordinator has confirmed that it is part of the transaction.
  void write(Process& process) {
    if (process.added.empty()) return;
    auto index = *std::next(process.added.begin(), static_cast<std::ptrdiff_t>(random_.below(process.added.size())));
    auto& partition = partitions_[index];
    auto& epoch = partition.epochs[process.producer.producer_id];
    if (process.producer.producer_epoch < epoch) return;
    if (core_->missing(process.producer, {{"t", {index}}}) != PartitionsByTopic{}) return;
    epoch = process.producer.producer_epoch;
    partition.writes.push_back({process.producer.producer_id, epoch, process.transaction});
  }

  void end(std::size_t index) {
    auto& process = processes_[index];
    process.mood = Mood::waiting;
    auto number = process.transaction;
    auto wants = process.wants;
    auto token = ask(index, [this, &process, number, wants](const TransactionAnswer& answer) {
      switch (answer.error) {
        case ErrorCode::none:
          told_[number] = wants == TransactionEnd::commit ? Outcome::committed : Outcome::aborted;
          process.producer.producer_id =
              version_ == TransactionVersion::v2 ? answer.producer_id : process.producer.producer_id;
          process.producer.producer_epoch =
              version_ == TransactionVersion::v2 ? answer.producer_epoch : process.producer.producer_epoch;
          process.mood = Mood::ready;
          return;
        case ErrorCode::producer_fenced:
        case ErrorCode::invalid_producer_id_mapping:
        case ErrorCode::invalid_txn_state: process.mood = Mood::init; return;
        default: process.mood = Mood::ending;
      }
    });
    core_->end(token, process.producer, wants, version_, next_id_++, time());
  }

  void take() {
    auto output = core_->take_output();
    for (auto& append : output.appends) appended_.push_back(std::move(append));
    for (const auto& answer : output.answers) {
      auto asked = asked_.extract(answer.token);
      ASSERT_TRUE(asked) << "answered twice, or nobody asked";
      if (processes_[asked.mapped().process].asks == asked.mapped().asks) asked.mapped().hear(answer);
    }
  }

  // Faults end, and no new transactions begin.
  void calm() {
    for (int round = 0; round < 200; ++round) {
      while (!appended_.empty()) {
        commit_some();
        take();
      }
      for (int i = 0; i < 20; ++i) {
        send_or_deliver();
        take();
      }
      pass(milliseconds(200));
    }
    EXPECT_FALSE(core_->has_unmarked()) << "markers that were never written";
    for (const auto& [id, last] : last_producer_) {
      auto state = core_->describe(id).transaction_state;
      EXPECT_TRUE(state == "Empty" || state.starts_with("Complete")) << id << " stays " << state;
    }
  }

  void check() {
    std::map<int, Outcome> outcomes;
    for (const auto& partition : partitions_)
      for (const auto& write : partition.writes) {
        EXPECT_NE(write.outcome, Outcome::open) << "transaction " << write.transaction << " stays open";
        auto [first, inserted] = outcomes.emplace(write.transaction, write.outcome);
        EXPECT_EQ(first->second, write.outcome) << "transaction " << write.transaction << " is torn";
      }
    for (const auto& [transaction, told] : told_) {
      auto outcome = outcomes.find(transaction);
      if (outcome == outcomes.end()) continue;
      EXPECT_EQ(outcome->second, told) << "transaction " << transaction << " did not end as was told";
      ++judged_;
    }
  }

 public:
  int judged_ = 0;

 private:
  Random random_;
  const TransactionVersion version_;
  Instant now_{1'000'000'000};
  std::unique_ptr<TransactionCoordinator> core_;
  int coordinators_ = 0;
  std::vector<TransactionLogRecord> log_;
  std::deque<TransactionAppend> appended_;
  std::deque<Process> processes_;
  std::map<TransactionToken, Asked> asked_;
  TransactionToken last_token_ = 0;
  ProducerId next_id_ = 1'000;
  std::vector<Sent> sent_;
  Partition partitions_[partition_count];
  int transactions_ = 0;
  std::map<int, Outcome> told_;
  std::map<std::string, std::pair<ProducerId, std::int16_t>> last_producer_;
};

RC_GTEST_PROP(RandomProducers, TransactionsOfVersion2EndAsOne, (std::uint64_t seed)) {
  Storm storm(seed, TransactionVersion::v2);
  storm.run(600);
  RC_ASSERT(!testing::Test::HasFailure());
}

RC_GTEST_PROP(RandomProducers, TransactionsOfVersion0EndAsOne, (std::uint64_t seed)) {
  Storm storm(seed, TransactionVersion::v0);
  storm.run(600);
  RC_ASSERT(!testing::Test::HasFailure());
}

TEST(RandomProducers, EndSomeTransactions) {
  int judged = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Storm storm(seed, TransactionVersion::v2);
    storm.run(600);
    judged += storm.judged_;
  }
  EXPECT_GT(judged, 50) << "the storm is too rough to show anything";
}

}  // namespace
}  // namespace fulmar
