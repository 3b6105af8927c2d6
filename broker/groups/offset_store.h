// OffsetStore: the offsets that groups have committed, and on top of each what is appended but not committed yet.
//
// Two views, and each has its use. What is told to clients is what is committed: it does not go back when a coordinator
// is deposed. What the coordinator decides by is the latest, what is appended included: a deletion must cover a commit
// that is on its way.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/groups/group.h"
#include "broker/groups/state_records.h"

namespace fulmar {

class OffsetStore {
 public:
  struct Slot {
    struct Change {
      AppendId append;
      std::optional<OffsetCommitValue> value;  // nullopt: a tombstone
    };

    std::optional<OffsetCommitValue> committed;
    // Its place in the log: by what was appended, or if it was loaded, 0, by what was loaded.
    AppendId committed_by = 0;
    std::uint64_t loaded_as = 0;
    std::list<Change> appended;  // not committed yet, in the log's order

    const OffsetCommitValue* latest() const;
    AppendId latest_by() const { return appended.empty() ? committed_by : appended.back().append; }
  };
  using Partitions = std::map<std::int32_t, Slot>;
  using Topics = std::map<std::string, Partitions>;

  // Read from the log while loading: committed, and the last word so far. `as`: ascending.
  void load(const OffsetRecord& record, std::uint64_t as);
  // What a transaction has had committed, with its place in the log: it counts, unless a later one does already.
  void settle(const OffsetCommitKey& key, const Slot& ended);
  // An append that holds the record was handed out; one of these follows for the same key and append.
  void append(const OffsetRecord& record, AppendId append);
  void commit(const OffsetCommitKey& key, AppendId append);
  void drop(const OffsetCommitKey& key, AppendId append);
  void clear();

  const OffsetCommitValue* committed(const std::string& group, const std::string& topic, std::int32_t partition) const;
  const Slot* slot(const std::string& group, const std::string& topic, std::int32_t partition) const;
  // All of a group's, tombstones that are not committed yet included; nullptr if there is nothing.
  const Topics* of(const std::string& group) const;
  // The groups that have something of a topic, after one of that name, ascending.
  std::vector<std::string> groups_with(const std::string& topic, const std::optional<std::string>& after,
                                       std::size_t limit) const;

 private:
  Slot& make(const OffsetCommitKey& key);
  Slot* find(const OffsetCommitKey& key);
  void tidy(const OffsetCommitKey& key);  // forgets a slot that holds nothing

  std::map<std::string, Topics> groups_;
  std::map<std::string, std::map<std::string, std::size_t>> by_topic_;  // how many slots each group has of it
};

}  // namespace fulmar
