// ReportStore::add_report(): the campaigns of one report are added to another, with new numbers.
#include <sqlite3.h>

#include <filesystem>

#include "reports/copy.h"
#include "reports/statement.h"
#include "reports/store.h"

namespace fulmar {

namespace {

// A copy of a report, beside the one it is to be added to; removed at the end.
class Copy {
 public:
  explicit Copy(std::string path) : path_(std::move(path)) { remove(); }
  ~Copy() { remove(); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  const std::string& path() const { return path_; }

  Result<void> fill_from(const std::string& source) const {
    sqlite3* to = nullptr;
    auto opened = sqlite3_open(path_.c_str(), &to) == SQLITE_OK;
    auto filled = opened ? copy_database(source, to) : Result<void>(database_error(to));
    sqlite3_close(to);
    return filled;
  }

 private:
  void remove() const {
    std::error_code ignored;
    for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(path_ + suffix, ignored);
  }

  std::string path_;
};

constexpr const char* add_all = R"sql(
INSERT OR IGNORE INTO main.builds(build) SELECT build FROM more.builds;
INSERT OR IGNORE INTO main.signatures(signature) SELECT signature FROM more.signatures;
INSERT INTO main.campaigns SELECT c.id + (SELECT campaigns FROM temp.offsets), c.name,
    (SELECT m.id FROM main.builds m JOIN more.builds b ON b.build = m.build WHERE b.id = c.build),
    c.begun, c.state, c.elapsed_seconds, c.scenarios, c.first_seed, c.last_seed, c.shard, c.shards, c.seconds_max,
    c.until_first_failure, c.settings, c.faults
  FROM more.campaigns c;
INSERT INTO main.lives SELECT l.id + (SELECT lives FROM temp.offsets), l.campaign + (SELECT campaigns FROM temp.offsets),
    l.scenario, l.seed, l.hash, l.events, l.simulated_seconds, l.wall_seconds, l.cpu_seconds, l.ended_seconds, l.plays,
    l.failed,
    (SELECT m.id FROM main.signatures m JOIN more.signatures s ON s.signature = m.signature WHERE s.id = l.signature),
    l.difference, l.replay
  FROM more.lives l;
INSERT INTO main.plans SELECT life + (SELECT lives FROM temp.offsets), plan, description FROM more.plans;
INSERT INTO main.settings SELECT life + (SELECT lives FROM temp.offsets), setting, value FROM more.settings;
INSERT INTO main.faults SELECT life + (SELECT lives FROM temp.offsets), number, kind, at_seconds, duration_seconds,
    target, peer, amount FROM more.faults;
INSERT INTO main.violations SELECT life + (SELECT lives FROM temp.offsets), number, property, anomaly, text, at_seconds
  FROM more.violations;
INSERT INTO main.operations SELECT life + (SELECT lives FROM temp.offsets), operation, count FROM more.operations;
INSERT INTO main.marks SELECT life + (SELECT lives FROM temp.offsets), mark, count, first_event FROM more.marks;
INSERT INTO main.recordings SELECT life + (SELECT lives FROM temp.offsets), happenings, nodes, capsule FROM more.recordings;
INSERT INTO main.happenings SELECT life + (SELECT lives FROM temp.offsets), number, kind, events, at_seconds, node,
    shard, peer, cause, began_seconds, bytes, subject, text, state FROM more.happenings;
INSERT INTO main.client_operations SELECT life + (SELECT lives FROM temp.offsets), number, client, what,
    invoked_seconds, completed_seconds, outcome FROM more.client_operations;
INSERT INTO main.explanations SELECT life + (SELECT lives FROM temp.offsets), failure_seconds, steepest, events, cone,
    without, verdict, same_lines, failing, passing FROM more.explanations;
INSERT INTO main.futures SELECT life + (SELECT lives FROM temp.offsets), event, at_seconds, lives, failed
  FROM more.futures;
)sql";

}  // namespace

Result<void> ReportStore::add_report(const std::string& path) {
  Copy copy(std::string(sqlite3_db_filename(database_, nullptr)) + ".adding");
  FULMAR_TRY_VOID(copy.fill_from(path));
  {
    auto migrated = ReportStore::open_existing(copy.path());
    if (!migrated) {
      auto error = migrated.error();
      if (auto at = error.detail.find(copy.path()); at != std::string::npos)
        error.detail.replace(at, copy.path().size(), path);
      return std::unexpected(error);
    }
  }
  Statement attach(database_, "ATTACH ? AS more");
  FULMAR_TRY_VOID(attach.bind(copy.path()).done());
  auto added = copy_attached(path);
  FULMAR_TRY_VOID(execute(database_, "DETACH more"));
  return added;
}

Result<void> ReportStore::copy_attached(const std::string& path) {
  {
    Statement twice(database_, "SELECT begun FROM more.campaigns WHERE name IN (SELECT name FROM main.campaigns)");
    FULMAR_TRY(auto found, twice.row());
    if (found)
      return fail(Errc::exists, path + " has a campaign that another of the reports has too, begun " + twice.text(0));
  }
  FULMAR_TRY_VOID(execute(database_,
                          "DROP TABLE IF EXISTS temp.offsets; CREATE TEMP TABLE offsets AS SELECT"
                          " coalesce((SELECT max(id) FROM main.campaigns), 0) AS campaigns,"
                          " coalesce((SELECT max(id) FROM main.lives), 0) AS lives; BEGIN"));
  auto added = execute(database_, add_all);
  if (added) added = execute(database_, "COMMIT");
  if (!added) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  return added;
}

}  // namespace fulmar
