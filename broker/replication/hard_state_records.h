// The records of a hard state file (see HardStateStore): each has a size, a CRC-32C, a group, a kind, and the fields of
// the kind. Also reads those of earlier releases.
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

// The file below `offset` is on stable storage.
std::string mark_record(std::uint64_t offset);
constexpr std::size_t mark_record_bytes = 37;
// The file's life has this many shards, each with a file.
std::string life_record(unsigned shards);
// Whether groups without a state may have lost one.
std::string completeness_record(bool incomplete);
// `before`: the group's record before, if any; the configuration is written only if it differs.
std::string state_record(const GroupId& group, const HardState& state, const HardState* before = nullptr);
std::string removed_record(const GroupId& group);

// What the records of the files contain.
struct RecordsFound {
  HardStates& states;
  std::set<GroupId>& earlier;  // see StoredStates
  bool incomplete = false;     // likewise
  // Configurations by group in formats of earlier releases, whose records only list what changed.
  std::map<GroupId, std::vector<MarkedConfiguration>> places = {};
};

// Applies records, up to the first that can't be read; returns where that begins.
std::size_t apply_records(const Bytes& records, RecordsFound& found);
bool begins_with_record(const Bytes& records);
// The offset in the mark at that position; nullopt if there is none.
std::optional<std::size_t> mark_at(const Bytes& records, std::size_t at);
// The number of shards of the file's life; nullopt if the file does not say, as in older formats.
std::optional<std::size_t> shards_in(const Bytes& records);

}  // namespace fulmar
