// Hand-made stories of the replicas of one group, for ReplicationWatch.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/records/end_marker.h"
#include "broker/raft/types.h"
#include "checkers/replication/replication_watch.h"
#include "tests/log/log_test_kit.h"

namespace fulmar {

inline const GroupId group{{7, 7}, 0};

inline ReplicaId id(int broker) {
  return {broker, {9, static_cast<std::uint64_t>(broker)}};
}

inline std::string hard_state_file(Epoch term, std::optional<ReplicaId> vote, Epoch log_term) {
  World world(1, LogLevel::error);
  auto& node = world.add_node("n");
  run_process(world, node, [&](Host& host) {
    HardState state;
    state.term = term;
    state.vote = vote;
    state.log_term = log_term;
    ASSERT_TRUE(HardStateStore::begin(host, 1, {{group, state}}).has_value());
  });
  return node.disk().image().file("raft-state-1-0", true)->durable();
}

// Three replicas of one group, and their disks; whatever a story does not set is correct.
class Story : public Machines {
 public:
  Story() : watch(*this, [this] { return now; }) {
    for (int broker = 1; broker <= 3; ++broker) {
      sights[broker] = {
          .group = group, .self = id(broker), .term = 0, .configuration = {{id(1), id(2), id(3)}, {}, {}}};
      promise(broker, 0, std::nullopt);
      open(broker);
    }
  }

  std::vector<std::string> list(std::int32_t broker, std::string_view directory, bool durable) const override {
    std::vector<std::string> names;
    auto prefix = directory.empty() ? std::string() : std::string(directory) + "/";
    for (const auto& [path, content] : (durable ? kept : written).at(broker))
      if (path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos)
        names.push_back(path.substr(prefix.size()));
    return names;
  }
  std::string_view content(std::int32_t broker, std::string_view path, bool durable) const override {
    const auto& files = (durable ? kept : written).at(broker);
    auto found = files.find(std::string(path));
    return found == files.end() ? std::string_view() : found->second;
  }

  // `log_term`: default: the term.
  void promise(int broker, Epoch term, std::optional<ReplicaId> vote, std::optional<Epoch> log_term = {}) {
    written[broker]["raft-state-1-0"] = kept[broker]["raft-state-1-0"] =
        hard_state_file(term, vote, log_term.value_or(term));
  }
  void open(int broker) {
    EpochCache epochs;
    for (const auto& batch : batches[broker]) epochs.add(batch.leader_epoch, batch.base_offset);
    watch.opened(sights[broker], "t-0", epochs);
  }
  // Appends a batch of one record; on disk if `synced`.
  void append(int broker, Epoch epoch, const std::string& value, bool synced = true, const std::string& file = log) {
    append(broker, epoch, build_batch({{std::nullopt, value, 0, {}}}), synced, file);
  }
  void append_control(int broker, Epoch epoch) {
    append(broker, epoch, build_batch({{"key", "value", 0, {}}}, {.control = true}), true, log);
  }
  // A batch of a transaction, or its marker.
  void append_of(ProducerId producer, int broker, Epoch epoch, bool is_marker = false,
                 std::int16_t producer_epoch = 0) {
    auto batch = is_marker
                     ? build_end_marker({true, 1}, producer, producer_epoch, 0)
                     : build_batch({{std::nullopt, "value", 0, {}}},
                                   {.producer_id = producer, .producer_epoch = producer_epoch, .transactional = true});
    append(broker, epoch, batch, true, log);
  }
  void append(int broker, Epoch epoch, const Bytes& batch, bool synced, const std::string& file) {
    auto bytes = std::string(batch.view());
    stamp_batch(bytes.data(), sights[broker].log_end, epoch);
    auto header = *read_batch_header(bytes);
    written[broker][file] += bytes;
    if (synced) kept[broker][file] += bytes;
    batches[broker].push_back(header);
    sights[broker].log_end = header.next_offset();
    sights[broker].last_epoch = epoch;
    watch.appended(group, id(broker), header);
  }
  void everybody_appends(Epoch epoch, const std::string& value) {
    for (int broker = 1; broker <= 3; ++broker) append(broker, epoch, value);
  }
  void step(int broker) { watch.stepped(sights[broker]); }
  void commit(int broker, Offset offset) {
    sights[broker].commit = offset;
    step(broker);
  }
  void vote(int voter, int candidate, Epoch term, bool stored = true) {
    if (stored) promise(voter, term, id(candidate));
    if (voter == candidate)
      watch.sends(group, {id(voter), id(1 + voter % 3), term, VoteRequest{}});
    else
      watch.sends(group, {id(voter), id(candidate), term, VoteReply{false, true, 0}});
  }
  void lead(int broker, Epoch term) {
    sights[broker].role = Role::leader;
    sights[broker].term = term;
    sights[broker].established = true;
    step(broker);
  }
  void elect(int broker, Epoch term) {
    vote(broker, broker, term);
    vote(1 + broker % 3, broker, term);
    promise(1 + (broker + 1) % 3, term, std::nullopt);  // it learns the term
    lead(broker, term);
  }
  void truncate(int broker, Offset offset) {
    watch.truncated(group, id(broker), offset);
    remove_from(broker, offset);
  }
  void start_over(int broker, Offset offset) {
    watch.started_over(group, id(broker), offset);
    remove_from(broker, offset);
  }
  void remove_from(int broker, Offset offset) {
    auto& all = batches[broker];
    std::erase_if(all, [&](const BatchHeader& batch) { return batch.base_offset >= offset; });
    std::size_t size = 0;
    for (const auto& batch : all) size += batch.size();
    written[broker][log].resize(size);
    kept[broker][log].resize(size);
    sights[broker].log_end = offset;
    sights[broker].last_epoch = all.empty() ? -1 : all.back().leader_epoch;
  }
  std::vector<std::string> anomalies() const {
    std::vector<std::string> names;
    for (const auto& violation : watch.violations()) names.push_back(violation.anomaly);
    return names;
  }

  static constexpr const char* log = "t-0/00000000000000000000.log";
  std::map<int, std::map<std::string, std::string>> written, kept;
  std::map<int, std::vector<BatchHeader>> batches;
  std::map<int, ReplicaSight> sights;
  Instant now;
  ReplicationWatch watch;
};

}  // namespace fulmar
