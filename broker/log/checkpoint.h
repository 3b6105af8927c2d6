// Checkpoint: what a log has to remember across restarts, in a small file that is replaced atomically. It is in the
// partition's directory, so that it is deleted with the partition.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/record_batch.h"

namespace fulmar {

inline constexpr std::string_view checkpoint_name = "fulmar-checkpoint";
// An empty file in the partition's directory: synced records of the log are damaged, or were.
inline constexpr std::string_view damage_mark = "fulmar-damage";

struct Checkpoint {
  Offset recovery_point = 0;  // everything below was synced: a bad batch there is damaged, not a torn write
  Offset log_start = 0;       // never decreases (KIP-107)
  // There are holes only below this offset. Stored before the first hole is made.
  Offset holes_below = 0;
  // No transaction marker is below this offset; -1: the log has none. Stored before the first marker is appended, so a
  // segment that ends above it and has no .txnindex has lost it.
  Offset markers_from = -1;
  // Below this offset the log is clean: it has at most one record per key, and no batch that is part of a transaction
  // (compaction.h). Stored after the cleaning, so that after a crash in between the log is only cleaned again.
  Offset cleaned_to = 0;
  // Below this offset, other replicas may have removed tombstones and markers (docs/raft.md, "Tombstones and markers").
  Offset tombstone_bound = 0;
  // Written by a release whose cleaning left batches part of their transactions. Then `cleaned_to` is read as 0, so
  // that the log is cleaned anew.
  bool transactions_uncleaned = false;

  std::string encode() const;
  static std::optional<Checkpoint> decode(std::string_view text);
  bool operator==(const Checkpoint&) const = default;
};

// The numbers of a text, which are separated by blanks and newlines; nullopt if it contains anything else.
std::optional<std::vector<std::int64_t>> parse_numbers(std::string_view text);

}  // namespace fulmar
