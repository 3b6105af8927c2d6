// SyncedMark: up to where a log is known to be synced, kept beside the batches in a segment file's attribute.
//
// It is set once a sync has completed, and made durable, at no cost, by the next sync of the same file. A start that
// finds damage below a mark knows it for what it is, where a checkpoint of some time ago could not tell it from a write
// that was torn. All marks of a log hold at once; the highest counts. Losing them (a copy of the files, a file system
// without attributes) leaves the checkpoint.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/protocol/record_batch.h"

namespace fulmar {

struct SyncedMark {
  Offset synced_end = 0;  // all below was synced
  // As they were then, should the checkpoint be damaged (see Checkpoint).
  Offset log_start = 0;
  Offset holes_below = 0;
  Offset tombstone_bound = 0;

  bool operator==(const SyncedMark&) const = default;
  std::string encode() const;
  // nullopt if the bytes are no whole and right mark.
  static std::optional<SyncedMark> decode(std::string_view bytes);
};

}  // namespace fulmar
