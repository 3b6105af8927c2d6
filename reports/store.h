// ReportStore: the results of campaigns in an SQLite file, for later queries.
//
//   campaigns(id, scenario, first_seed, last_seed)
//   runs(campaign, seed, hash, simulated_seconds, wall_seconds, clean, plan)   plan: of runs with violations, as JSON
//   violations(campaign, seed, property, anomaly, text)
//   marks(campaign, seed, mark, count)                        what each life reached; 0: expected, and not reached
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.h"

struct sqlite3;

namespace fulmar {

struct StoredViolation {
  std::string property;
  std::string anomaly;
  std::string text;
  bool operator==(const StoredViolation&) const = default;
};

struct StoredRun {
  std::uint64_t seed = 0;
  std::uint64_t hash = 0;
  double simulated_seconds = 0;
  double wall_seconds = 0;
  std::vector<StoredViolation> violations;
  std::map<std::string, std::uint64_t> marks;
};

class ReportStore {
 public:
  // Opens or creates the file. Errors, here and below: io_error, if the disk is full, or the file is read-only, locked
  // by others for seconds, or no database; unsupported, if it is a report of another version or another database.
  static Result<std::unique_ptr<ReportStore>> open(const std::string& path);
  ~ReportStore();
  ReportStore(const ReportStore&) = delete;
  ReportStore& operator=(const ReportStore&) = delete;

  Result<std::int64_t> begin_campaign(const std::string& scenario, std::uint64_t first_seed, std::uint64_t last_seed);
  // Adds the run as a whole or, on an error, nothing of it.
  Result<void> add_run(std::int64_t campaign, const StoredRun& run, const std::string& plan);
  // The runs of a campaign that had violations, by seed.
  Result<std::vector<StoredRun>> failed_runs(std::int64_t campaign);
  Result<std::int64_t> run_count(std::int64_t campaign);
  // How often the lives of a campaign have reached each mark, in total.
  Result<std::map<std::string, std::uint64_t>> marks(std::int64_t campaign);

 private:
  static constexpr int format_version = 2;
  explicit ReportStore(sqlite3* database) : database_(database) {}
  class Statement;
  Result<void> execute(const char* sql);
  Result<void> set_up();
  Result<void> insert_run(std::int64_t campaign, const StoredRun& run, const std::string& plan);
  sqlite3* database_;
};

}  // namespace fulmar
