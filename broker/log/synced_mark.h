// SyncedMark: up to where a log is known to be synced, in the attribute of a segment file.
//
// It is set after a sync, and the next sync of the same file makes it stable at no extra cost. If a start finds a bad
// batch below a mark, it is damage; with only an older checkpoint, it could be a torn write. All marks of a log are
// true, so the highest counts. Without marks (files that were copied, a file system without attributes) the checkpoint
// is used.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/protocol/record_batch.h"

namespace fulmar {

struct SyncedMark {
  Offset synced_end = 0;  // everything below was synced
  // The values at that time, in case the checkpoint is damaged (see Checkpoint).
  Offset log_start = 0;
  Offset holes_below = 0;
  Offset tombstone_bound = 0;

  bool operator==(const SyncedMark&) const = default;
  std::string encode() const;
  // nullopt if the bytes are not a valid mark.
  static std::optional<SyncedMark> decode(std::string_view bytes);
};

}  // namespace fulmar
