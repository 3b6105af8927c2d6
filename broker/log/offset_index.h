// OffsetIndex and TimeIndex: where in a segment an offset, or a time, is to be found; sparse, one entry per
// index.interval.bytes. In memory while the broker runs; in Kafka's .index and .timeindex files once a segment is
// rolled or the log is closed. They can always be made again from the segment.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "broker/protocol/record_batch.h"

namespace fulmar {

class OffsetIndex {
 public:
  struct Entry {
    std::int32_t relative_offset;  // of the last record before `position`'s batch ends; to the segment's base offset
    std::int32_t position;         // of the batch in the segment
    bool operator==(const Entry&) const = default;
  };
  static constexpr std::size_t entry_size = 8;

  // Offsets and positions must grow; an entry that does not is a bug.
  void add(std::int32_t relative_offset, std::int32_t position);
  // The position to start looking for an offset at: that of the last entry whose offset is not above it, or 0.
  std::int32_t position_before(std::int32_t relative_offset) const;
  // Drops the entries at or beyond a position.
  void truncate(std::int32_t position);
  void clear() { entries_.clear(); }
  std::size_t size() const { return entries_.size(); }
  std::span<const Entry> entries() const { return entries_; }

  Bytes encode() const;
  // False if the bytes are no index of a segment of that size.
  bool decode(std::string_view bytes, std::int64_t segment_size);

 private:
  std::vector<Entry> entries_;
};

class TimeIndex {
 public:
  struct Entry {
    Timestamp timestamp;           // the largest up to here
    std::int32_t relative_offset;  // of the last record of the batch that has it
    bool operator==(const Entry&) const = default;
  };
  static constexpr std::size_t entry_size = 12;

  // Does nothing unless both the timestamp and the offset have grown, and for what has no timestamp (-1).
  void add(Timestamp timestamp, std::int32_t relative_offset);
  // An offset at or before the first record whose timestamp is not below `timestamp`.
  std::int32_t offset_before(Timestamp timestamp) const;
  void truncate(std::int32_t relative_offset);
  void clear() { entries_.clear(); }
  std::span<const Entry> entries() const { return entries_; }

  Bytes encode() const;
  bool decode(std::string_view bytes);

 private:
  std::vector<Entry> entries_;
};

}  // namespace fulmar
