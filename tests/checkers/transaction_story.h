// A made-up execution of pipelines in a ring of two topics with two partitions each: transactions read, write, commit
// and abort in an order that is drawn, and read_committed readers are served as Kafka serves them. Legal, whatever is
// drawn.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "checkers/history.h"
#include "runtime/base/random.h"

namespace fulmar {

class TransactionStory {
 public:
  explicit TransactionStory(Random random) : random_(random) {
    for (auto topic : {"left", "right"})
      for (std::int32_t partition = 0; partition < 2; ++partition) {
        pipes_.push_back({.source = {topic, partition}});
        for (auto fed = 1 + random_.below(3); fed > 0; --fed) logs_[{topic, partition}].push_back({});
      }
  }

  History play(int steps) {
    for (; steps > 0; --steps) {
      ++now_;
      auto& pipe = pipes_[random_.below(pipes_.size())];
      if (!pipe.open) {
        read(pipe);
      } else if (!pipe.to_write.empty()) {
        write(pipe);
      } else if (random_.chance(1, 3)) {
        read(pipe);
      } else {
        end(pipe, random_.chance(4, 5));
      }
      if (random_.chance(1, 5)) look();
    }
    for (auto& pipe : pipes_)
      if (pipe.open) end(pipe, false);
    finish();
    return std::move(history_);
  }

 private:
  struct Entry {
    std::uint64_t transaction = 0;  // 0: fed
    Offset source_offset = -1;
    std::int32_t source_partition = -1;
    bool marker = false;
  };
  struct Pipe {
    TopicPartition source;
    Offset committed = 0;
    Offset position = 0;
    std::uint64_t open = 0;
    int records = 0;
    std::vector<Offset> to_write = {};
    std::set<TopicPartition> written = {};
  };

  Instant now() const { return Instant{} + milliseconds(now_); }
  PipedTransaction& transaction(std::uint64_t number) { return history_.transactions[number - 1]; }
  bool is_open(std::uint64_t number) const { return number && open_.contains(number); }

  // What a read_committed reader gets from `position` on.
  std::vector<PipedRecord> visible(const TopicPartition& tp, Offset position, std::size_t some) {
    std::vector<PipedRecord> records;
    const auto& log = logs_[tp];
    for (std::size_t n = 0; n < log.size() && records.size() < some; ++n) {
      const auto& entry = log[n];
      if (!entry.marker && is_open(entry.transaction)) break;  // the last stable offset
      bool aborted = aborted_.contains(entry.transaction);
      auto offset = static_cast<Offset>(n);
      if (!entry.marker && !aborted && offset >= position)
        records.push_back({offset, entry.transaction, entry.source_partition, entry.source_offset});
    }
    return records;
  }

  void read(Pipe& pipe) {
    auto records = visible(pipe.source, pipe.position, 1 + random_.below(3));
    if (records.empty()) return;
    if (!pipe.open) {
      pipe.open = history_.transactions.size() + 1;
      open_.insert(pipe.open);
      auto& begun = history_.transactions.emplace_back();
      begun.number = pipe.open;
      begun.transactional_id = to_string(pipe.source);
    }
    history_.committed_reads.push_back({pipe.source, now(), records, pipe.position, pipe.open});
    for (const auto& record : records) pipe.to_write.push_back(record.offset);
    pipe.position = records.back().offset + 1;
  }

  void write(Pipe& pipe) {
    TopicPartition to{pipe.source.topic == "left" ? "right" : "left", static_cast<std::int32_t>(random_.below(2))};
    logs_[to].push_back({pipe.open, pipe.to_write.front(), pipe.source.partition});
    pipe.to_write.erase(pipe.to_write.begin());
    pipe.written.insert(to);
    ++pipe.records;
    transaction(pipe.open).last_write = now();
  }

  void end(Pipe& pipe, bool commits) {
    auto& ended = transaction(pipe.open);
    ended.records = pipe.records;
    ended.outcome = commits ? Outcome::ok : Outcome::failed;
    if (commits) ended.commit_invoked = now();
    ended.completed = now();
    open_.erase(pipe.open);
    if (!commits) aborted_.insert(pipe.open);
    for (const auto& tp : pipe.written) logs_[tp].push_back({pipe.open, -1, -1, true});
    if (commits) pipe.committed = pipe.position;
    pipe = {.source = pipe.source, .committed = pipe.committed, .position = pipe.committed};
    if (random_.chance(1, 3)) history_.stable_offsets.push_back({pipe.source, pipe.committed, now(), now()});
  }

  void look() {
    TopicPartition tp{random_.chance(1, 2) ? "left" : "right", static_cast<std::int32_t>(random_.below(2))};
    auto position = static_cast<Offset>(random_.below(logs_[tp].size() + 1));
    auto records = visible(tp, position, 1 + random_.below(5));
    if (!records.empty()) history_.committed_reads.push_back({tp, now(), records, position, 0});
  }

  void finish() {
    for (auto [source, target] : {std::pair("left", "right"), std::pair("right", "left")}) {
      FinalStage stage{source, target, {}, {}, {}};
      for (std::int32_t partition = 0; partition < 2; ++partition) {
        for (const auto& record : visible({source, partition}, 0, logs_[{source, partition}].size()))
          stage.sources[partition].insert(record.offset);
        for (const auto& record : visible({target, partition}, 0, logs_[{target, partition}].size()))
          if (record.transaction) stage.targets[partition].push_back(record);
        for (const auto& pipe : pipes_)
          if (pipe.source == TopicPartition{source, partition}) stage.read_up_to[partition] = pipe.committed;
      }
      history_.final_stages.push_back(std::move(stage));
    }
  }

  Random random_;
  std::int64_t now_ = 0;
  std::vector<Pipe> pipes_;
  std::map<TopicPartition, std::vector<Entry>> logs_;
  std::set<std::uint64_t> open_;
  std::set<std::uint64_t> aborted_;
  History history_;
};

}  // namespace fulmar
