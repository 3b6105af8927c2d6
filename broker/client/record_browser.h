// Browsing records: some records of a partition as they are, headers included, with bounds on all that is read and
// kept: for people who look at them.
//
// Records that a transaction wrote are shown before it is decided, and if it is aborted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

// A key, a value or such, of which only the beginning may be kept.
struct BrowsedBytes {
  std::string bytes;
  std::size_t size = 0;  // of the whole

  bool cut() const { return bytes.size() < size; }
};

struct BrowsedHeader {
  BrowsedBytes name;
  std::optional<BrowsedBytes> value;
};

struct BrowsedRecord {
  Offset offset = 0;
  Timestamp timestamp = no_timestamp;
  std::optional<BrowsedBytes> key;
  std::optional<BrowsedBytes> value;
  std::vector<BrowsedHeader> headers;
  std::size_t headers_left_out = 0;
  bool transactional = false;
};

struct BrowseLimits {
  std::size_t records_max = 50;
  std::size_t bytes_max = 1 << 20;          // kept, of all records
  std::size_t field_bytes_max = 64 << 10;   // kept, of a key, a value or a header
  std::size_t headers_max = 64;             // kept, of a record
  std::size_t walked_bytes_max = 16 << 20;  // decompressed and looked at, whether it is kept or not
};

struct BrowsedRecords {
  Offset begin = 0;  // of the partition
  Offset end = 0;    // likewise: its high watermark
  Offset next = 0;   // where to go on; `end` if there is nothing behind
  std::vector<BrowsedRecord> records;
  bool stopped_early = false;  // by a limit other than records_max
};

// The records of a partition from `from` on, from its leader, without waiting for new ones. Where offsets were removed
// by compaction, it goes on behind them. Its work is in slices (runtime/fiber/slices.h). Errors: among others
// OFFSET_OUT_OF_RANGE, CORRUPT_MESSAGE, UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE.
Answer<BrowsedRecords> browse_records(ClusterClient& cluster, const std::string& topic, std::int32_t partition,
                                      Offset from, const BrowseLimits& limits = {});

}  // namespace fulmar
