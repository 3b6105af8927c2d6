// Checkpoint: what a log has to remember of itself across restarts, in a small file replaced atomically. Lives in the
// partition's directory, so that it goes when the partition goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/record_batch.h"

namespace fulmar {

inline constexpr std::string_view checkpoint_name = "fulmar-checkpoint";
// An empty file: the log beside it is damaged below what was synced, or was.
inline constexpr std::string_view damage_mark = "fulmar-damage";

struct Checkpoint {
  Offset recovery_point = 0;  // all below was synced: damage there is damage, not a torn tail
  Offset log_start = 0;       // never goes back (KIP-107)
  // Only below this offset batches may be missing between two others. On stable storage before the first one is.
  Offset holes_below = 0;
  // No transaction's marker lies below; -1: the log has none. On stable storage before the first one is: segments that
  // end above have a .txnindex beside them, or have lost it.
  Offset markers_from = -1;
  // Below that offset the log is clean: of each key there is no more than one record (compaction.h). Written when all
  // of it is, so that a crash before only has it cleaned again.
  Offset cleaned_to = 0;
  // Below that offset, tombstones may be gone from logs of other replicas (raft/tombstones.cpp).
  Offset tombstone_bound = 0;

  std::string encode() const;
  static std::optional<Checkpoint> decode(std::string_view text);
  bool operator==(const Checkpoint&) const = default;
};

// The whitespace-separated numbers of a text, all of it; nullopt if it holds anything else.
std::optional<std::vector<std::int64_t>> parse_numbers(std::string_view text);

}  // namespace fulmar
