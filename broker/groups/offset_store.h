// OffsetStore: the offsets that groups have committed, and for each the later values that are appended but whose
// records are not committed yet.
//
// Clients are sent the committed value, which stays when the coordinator loses the leadership. The coordinator itself
// decides by the latest value, committed or not: for example, a deletion has to include a value that is only appended.
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
    // Its position in the order of the log: the append that wrote it; or 0 if it was loaded, ordered by `loaded_as`.
    AppendId committed_by = 0;
    std::uint64_t loaded_as = 0;
    std::list<Change> appended;  // not committed yet, in the log's order

    const OffsetCommitValue* latest() const;
    AppendId latest_by() const { return appended.empty() ? committed_by : appended.back().append; }
  };
  using Partitions = std::map<std::int32_t, Slot>;
  using Topics = std::map<std::string, Partitions>;

  // A record read while loading, which is committed and replaces earlier ones. `as`: its number, ascending.
  void load(const OffsetRecord& record, std::uint64_t as);
  // The offset of a transaction that was committed. It takes effect unless the one in effect is later in the log.
  void settle(const OffsetCommitKey& key, const Slot& ended);
  // The record was given out as part of an append. commit() or drop() (it failed) follows for the same key and append.
  void append(const OffsetRecord& record, AppendId append);
  void commit(const OffsetCommitKey& key, AppendId append);
  void drop(const OffsetCommitKey& key, AppendId append);
  void clear();

  const OffsetCommitValue* committed(const std::string& group, const std::string& topic, std::int32_t partition) const;
  const Slot* slot(const std::string& group, const std::string& topic, std::int32_t partition) const;
  // All offsets of a group, also those whose deletion is not committed yet; nullptr if there are none.
  const Topics* of(const std::string& group) const;
  // The next groups after `after` that have offsets of the topic, at most `limit`, ascending.
  std::vector<std::string> groups_with(const std::string& topic, const std::optional<std::string>& after,
                                       std::size_t limit) const;

 private:
  Slot& make(const OffsetCommitKey& key);
  Slot* find(const OffsetCommitKey& key);
  void tidy(const OffsetCommitKey& key);  // removes the slot if it is empty

  std::map<std::string, Topics> groups_;
  std::map<std::string, std::map<std::string, std::size_t>> by_topic_;  // the number of slots of each group
};

}  // namespace fulmar
