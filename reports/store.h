// ReportStore: the results of campaigns in an SQLite file, for later queries. docs/reports.md explains its tables.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "reports/life_report.h"
#include "reports/recording.h"
#include "runtime/base/result.h"

struct sqlite3;

namespace fulmar {

// A campaign that has not come to its end.
struct UnfinishedCampaign {
  std::int64_t id = 0;
  CampaignReport campaign;
  double elapsed_seconds = 0;
  std::map<std::string, PlayedSeeds> played;  // of each scenario
};

// The shortest life of a finding.
struct FoundLife {
  std::int64_t id = 0;
  std::string signature;
  std::string build;  // empty: unknown
  std::uint64_t hash = 0;
  std::string plan;       // JSON
  bool recorded = false;  // what happened in it is in the report
};

class ReportStore {
 public:
  // Opens or creates the file; a report of version 2, 3 or 4 becomes one of this version. Errors, here and below:
  // io_error, if the disk is full, or the file is read-only, locked by others for seconds, or no database; unsupported,
  // if it is a report of a newer version or another database, which then stays as it is.
  static Result<std::unique_ptr<ReportStore>> open(const std::string& path);
  // The same, but not_found if there is no such file.
  static Result<std::unique_ptr<ReportStore>> open_existing(const std::string& path);
  // A copy in memory, of this version; the file stays as it is. Errors: not_found too.
  static Result<std::unique_ptr<ReportStore>> open_copy(const std::string& path);
  // An empty one in memory.
  static Result<std::unique_ptr<ReportStore>> in_memory();
  ~ReportStore();
  ReportStore(const ReportStore&) = delete;
  ReportStore& operator=(const ReportStore&) = delete;

  Result<std::int64_t> begin_campaign(const CampaignReport& campaign);
  // Adds the life as a whole or, on an error, nothing of it.
  // Returns its number in the report.
  Result<std::int64_t> add_life(std::int64_t campaign, const LifeReport& life);
  // Its lives are all there, or it was interrupted and can go on.
  Result<void> end_campaign(std::int64_t campaign, double elapsed_seconds, bool complete);
  // The last one. Errors: not_found, if every campaign is complete.
  Result<UnfinishedCampaign> unfinished();
  // Calls it with the lives, without their settings, faults and plans, of a campaign or of all; in the order in which
  // they were added.
  Result<void> each_life(std::optional<std::int64_t> campaign, const std::function<void(const LifeReport&)>& life);
  // The findings: a life of each signature, the shortest.
  Result<std::vector<FoundLife>> findings();
  // Replaces what is kept of the life. Of the recording, or the explanation, all or, on an error, nothing is written.
  Result<void> keep(std::int64_t life, const Recording& recording);
  Result<void> keep(std::int64_t life, const Explanation& explanation);
  Result<bool> has_lives();
  // All of the report as the page reads it (reports/page/src): JSON.
  Result<std::string> document();
  // Adds the campaigns of another report, which is not changed. Errors: exists, if one is here already.
  Result<void> add_report(const std::string& path);

 private:
  ReportStore(sqlite3* database, std::string path) : database_(database), path_(std::move(path)) {}
  static Result<std::unique_ptr<ReportStore>> open(const std::string& path, int flags);
  static Result<std::unique_ptr<ReportStore>> open_with(const std::string& path, int flags);
  Result<void> set_up();
  Result<void> create(std::int64_t from_version);
  Result<std::int64_t> insert_life(std::int64_t campaign, const LifeReport& life);
  Result<PlayedSeeds> played(std::int64_t campaign, const std::string& scenario);
  Result<void> copy_attached(const std::string& path);
  sqlite3* database_;
  std::string path_;  // of the file; for messages
};

}  // namespace fulmar
