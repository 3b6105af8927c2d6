// A group coordinator in a test that reads as a conversation: executes commands, one per line, and returns the answers
// and appends as text. The member ids are m1, m2 .. in the order in which they are created.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "broker/groups/coordinator.h"

namespace fulmar {

class Script {
 public:
  Script();
  // Executes the command, and returns its answers and appends, one per line.
  std::string command(const std::string& line);

 private:
  struct Words;

  void join(const Words& words);
  void sync(const Words& words);
  void leave(const Words& words);
  void commit(const Words& words);
  void marker(const Words& words);
  void fetch(const Words& words);
  void delete_offsets(const Words& words);
  void describe(const Words& words);
  void list(const Words& words);
  void configure(const Words& words);
  void set_topics(const std::vector<std::string>& topics);
  void beat(const std::string& who, std::int16_t version, const std::map<std::string, std::string>& options);
  void describe_consumers(const std::string& group);
  void fail_over();
  void take();
  void show(const GroupAppend& append);
  void show(const GroupAnswer& answer);
  void show(const ConsumerGroupHeartbeatResponse& response);
  void show_consumer_record(const StateRecord& record);
  GroupToken token(const std::string& who);
  GroupTime time() const { return {now_, wall_}; }

  std::string short_names(std::string text) const;
  std::string long_names(std::string text) const;

  GroupSettings settings_;
  std::uint64_t uuids_ = 0;
  GroupTopicsPtr topics_;
  std::unique_ptr<GroupCoordinator> core_;
  Instant now_{1'000'000'000};
  Timestamp wall_ = 1'000'000;
  std::map<GroupToken, std::string> waiting_;
  GroupToken last_token_ = 0;
  std::map<std::string, std::string> ids_;  // short to long
  bool hold_ = false;
  std::deque<GroupAppend> appended_;
  struct Logged {
    StateRecord record;
    ProducerId producer;  // if it is part of a transaction
  };
  struct Marker {
    ProducerId producer;
    bool commits;
  };
  std::vector<std::variant<Logged, Marker>> log_;
  std::string said_;
};

// Topics with these names and numbers of partitions; their ids are derived from their names.
GroupTopicsPtr named_topics(std::map<std::string, std::int32_t> partitions);

// A consumer's encoded subscription.
Bytes subscription(const std::vector<std::string>& topics);

}  // namespace fulmar
