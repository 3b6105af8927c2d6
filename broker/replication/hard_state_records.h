// The records of a file of hard states (see HardStateStore): each of a size, a CRC-32C, a group, a kind, and what is of
// that kind. Reads those of earlier releases, too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/raft/types.h"
#include "broker/replication/group_id.h"
#include "runtime/base/bytes.h"

namespace fulmar {

using HardStates = std::map<GroupId, HardState>;

// All of the file below `offset` is on stable storage.
std::string mark_record(std::uint64_t offset);
constexpr std::size_t mark_record_bytes = 37;
// Each of so many shards has a file of this life.
std::string life_record(unsigned shards);
// Whether groups without a state may have promised something.
std::string completeness_record(bool incomplete);
// `before`: of the record before of that group, if there is one. Its configuration is told only if it is another.
std::string state_record(const GroupId& group, const HardState& state, const HardState* before = nullptr);
std::string removed_record(const GroupId& group);

// What records say.
struct RecordsFound {
  HardStates& states;
  std::set<GroupId>& earlier;  // see StoredStates
  bool incomplete = false;     // likewise
  // Of earlier releases, whose records tell only what is new of these.
  std::map<GroupId, std::vector<MarkedConfiguration>> places = {};
};

// Takes in records, up to the first that can't be read; returns where that begins.
std::size_t apply_records(const Bytes& records, RecordsFound& found);
bool begins_with_record(const Bytes& records);
// What the mark that begins there says; nullopt if none does.
std::optional<std::size_t> mark_at(const Bytes& records, std::size_t at);
// How many shards the file's life had; nullopt if it does not say: older versions did not.
std::optional<std::size_t> shards_in(const Bytes& records);

}  // namespace fulmar
