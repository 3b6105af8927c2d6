// What a report keeps of how a failing life went, and of what was found out about its cause. docs/reports.md has the
// tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/time.h"

namespace fulmar {

// Something that happened in a life; nodes by their names.
struct ReportedHappening {
  std::uint64_t number = 0;  // from 1 on, in order; some may be left out
  std::string kind = {};     // "sent", "received", "disk", "sync", "process", "fault", "log", "client", "state"
  std::uint64_t events = 0;  // of the trace, so far
  Instant at = {};           // since the life began
  std::optional<std::string> node = {};
  std::optional<unsigned> shard = {};
  std::optional<std::string> peer = {};  // the other machine
  std::uint64_t cause = 0;               // the number of an earlier one; 0: none, or unknown
  std::optional<Instant> began = {};     // if it took time
  std::uint64_t bytes = 0;
  std::string subject = {};
  std::string text = {};
  std::vector<std::pair<std::string, std::string>> values = {};  // the subject's state: names and values

  bool operator==(const ReportedHappening&) const = default;
};

// What a client did.
struct ReportedOperation {
  std::string client = {};
  std::string what = {};
  Instant invoked = {};
  std::optional<Instant> completed = {};  // nullopt: never
  std::string outcome = {};

  bool operator==(const ReportedOperation&) const = default;
};

struct Recording {
  std::vector<std::string> nodes = {};             // the machines, in their order
  std::uint64_t all = 0;                           // happenings of the life, of which some were kept
  std::vector<ReportedHappening> happenings = {};  // by number
  std::vector<ReportedOperation> operations = {};  // by invocation; none of a life that crashed
  std::string capsule = {};                        // JSON

  bool operator==(const Recording&) const = default;
};

// What `explain` found.
struct Explanation {
  struct Moment {
    std::uint64_t event = 0;  // the futures part after so many events
    Instant at = {};
    std::uint64_t lives = 0;
    std::uint64_t failed = 0;
    bool operator==(const Moment&) const = default;
  };
  struct Neighbour {
    std::string without = {};  // the fault
    std::string verdict = {};
    std::uint64_t same_lines = 0;
    std::vector<std::string> failing = {};
    std::vector<std::string> passing = {};
    bool operator==(const Neighbour&) const = default;
  };
  std::vector<Moment> curve = {};         // by event
  std::size_t steepest = 0;               // where it rises most: a place in `curve`
  Instant failure = {};                   // when the violation is
  std::vector<std::string> events = {};   // what happened where it rises most, as lines
  std::optional<Neighbour> nearest = {};  // nullopt: the life fails without any one of its faults
  std::vector<std::string> cone = {};     // what could have mattered, as lines

  bool operator==(const Explanation&) const = default;
};

}  // namespace fulmar
