// OffsetIndex and TimeIndex: the positions of offsets, and the offsets of timestamps, in a segment; sparse, with one
// entry per index.interval.bytes. In memory while the broker runs; in Kafka's .index and .timeindex files once the
// segment or the log is closed. They can always be rebuilt from the segment.
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
    std::int32_t relative_offset;  // of the batch's last record, relative to the segment's base offset
    std::int32_t position;         // of the batch in the segment
    bool operator==(const Entry&) const = default;
  };
  static constexpr std::size_t entry_size = 8;

  // Offsets and positions must ascend; asserted.
  void add(std::int32_t relative_offset, std::int32_t position);
  // The position from which to search for an offset: that of the last entry whose offset is not above it, or 0.
  std::int32_t position_before(std::int32_t relative_offset) const;
  // Removes the entries at or beyond a position.
  void truncate(std::int32_t position);
  void clear() { entries_.clear(); }
  std::size_t size() const { return entries_.size(); }
  std::span<const Entry> entries() const { return entries_; }

  Bytes encode() const;
  // False if the bytes are not an index of a segment of that size.
  bool decode(std::string_view bytes, std::int64_t segment_size);

 private:
  std::vector<Entry> entries_;
};

class TimeIndex {
 public:
  struct Entry {
    Timestamp timestamp;           // the largest in the segment so far
    std::int32_t relative_offset;  // of the last record of the batch that has it
    bool operator==(const Entry&) const = default;
  };
  static constexpr std::size_t entry_size = 12;

  // Does nothing if the timestamp or the offset is not greater than the last entry's, or if there is no timestamp (-1).
  void add(Timestamp timestamp, std::int32_t relative_offset);
  // A relative offset at or before the first record whose timestamp is not below `timestamp`.
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
