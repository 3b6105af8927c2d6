// What is reported of a life and of a campaign.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fulmar {

struct ReportedViolation {
  std::string property = {};
  std::string anomaly = {};
  std::string text = {};
  std::optional<double> at_seconds = {};  // simulated; unknown of a process that died
  bool operator==(const ReportedViolation&) const = default;
};

struct ReportedFault {
  std::string kind = {};
  double at_seconds = 0;  // simulated
  double duration_seconds = 0;
  std::string target = {};                  // a node
  std::optional<std::string> peer = {};     // of kinds that affect two
  std::optional<std::int64_t> amount = {};  // of kinds that have one
  bool operator==(const ReportedFault&) const = default;
};

struct LifeReport {
  std::string scenario = {};
  std::uint64_t seed = 0;
  std::uint64_t hash = 0;
  std::uint64_t events = 0;  // 0: unknown, as the process died
  double simulated_seconds = 0;
  double wall_seconds = 0;
  double cpu_seconds = 0;
  double ended_seconds = 0;  // since the campaign began
  bool played_twice = false;
  std::string difference = {};  // what was not the same the second time; empty: nothing
  std::map<std::string, std::int64_t, std::less<>> settings = {};
  std::vector<ReportedFault> faults = {};
  std::map<std::string, std::uint64_t> operations = {};  // what clients did, by kind
  std::map<std::string, std::uint64_t> marks = {};       // 0: expected, and not reached
  std::map<std::string, std::uint64_t> sightings = {};   // of marks of the code: the event before the first time
  std::vector<ReportedViolation> violations = {};
  std::string signature = {};  // what failing lives of one cause have in common; empty: the life did not fail
  // Of lives that failed, or were not the same the second time:
  std::string plan = {};         // JSON
  std::string description = {};  // what violates, for people
  std::string replay = {};       // the command that plays it again
};

// Seeds of a scenario that have been played, and of each life the marks of the code that it reached, each with the
// event before which it did so first.
using PlayedSeeds = std::map<std::uint64_t, std::map<std::string, std::uint64_t>>;

// A campaign as it was asked for.
struct CampaignReport {
  std::string name = {};  // no other campaign has it
  std::string build = {};
  std::string begun = {};                   // UTC, as 2026-11-29T23:30:00Z
  std::vector<std::string> scenarios = {};  // names
  std::uint64_t first_seed = 1;
  std::optional<std::uint64_t> last_seed = {};  // nullopt: without end
  std::uint64_t shard = 1;
  std::uint64_t shards = 1;
  double seconds_max = 0;  // 0: no limit
  bool until_first_failure = false;
  std::map<std::string, std::int64_t, std::less<>> settings = {};  // chosen, for all lives
  std::optional<std::vector<std::string>> faults = {};             // the only kinds; nullopt: as the seeds choose
};

}  // namespace fulmar
