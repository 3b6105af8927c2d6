// Rewriting: closed segments of a log written anew without some of their records, and put in their places.
//
// What compaction will do, one run of neighbours at a time. Writing takes long and changes nothing of the log: it needs
// no lock. The exchange of the files is short, belongs into the turn of the log's replica, and survives a crash at any
// step:
//
//   <base>.log.cleaned  is written, and synced. A start removes it.
//   <base>.log.swap     is its name from then on, once that is synced: it is to be the log's. A start goes on from
//   here. <base>.log.deleted  are the old files, with their indexes gone, and that synced. A start removes them.
//   <base>.log          is the new one, and that synced.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "broker/log/segment.h"
#include "broker/protocol/record_builder.h"

namespace fulmar {

inline constexpr std::string_view cleaned_suffix = ".log.cleaned";
inline constexpr std::string_view swap_suffix = ".log.swap";
inline constexpr std::string_view replaced_suffix = ".log.deleted";

// Whether a record is to stay.
using KeepRecord = std::function<bool(const ReadRecord&)>;

// What became of a batch that lost records, or got a delete horizon.
struct RewrittenBatch {
  BatchHeader before;
  std::optional<BatchHeader> after;  // none: it is gone
};

// A run of closed segments, and what is to take its place.
struct Rewritten {
  std::vector<std::shared_ptr<Segment>> before;
  std::shared_ptr<Segment> after;
  std::vector<RewrittenBatch> batches;
  Offset holes_below = 0;  // where the last hole ends between two batches of it; 0: there is none
  std::uint64_t cuts = 0;  // of the log, when this was begun
};

}  // namespace fulmar
