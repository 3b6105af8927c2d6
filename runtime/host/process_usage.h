// What a process has used of the machine that it runs on, as far as its world measures it.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/base/latency_histogram.h"
#include "runtime/base/time.h"

namespace fulmar {

struct ProcessUsage {
  Duration cpu{0};  // of all its threads, since it started
  std::uint64_t resident_bytes = 0;
};

// Of one shard's files, since it began.
struct DiskUsage {
  std::int64_t read_bytes = 0;
  std::int64_t written_bytes = 0;
  LatencyHistogram syncs;  // of files and directories, that succeeded
};

// How a world measures; null: it does not.
struct UsageMeters {
  std::optional<ProcessUsage> (*process)() = nullptr;  // from any shard; nullopt: the system does not say
  DiskUsage (*disk)() = nullptr;                       // of the shard whose fiber calls it

  bool operator==(const UsageMeters&) const = default;
};

}  // namespace fulmar
