// ReportStore::add_report(): the campaigns of one report are added to another, with new numbers.
#include <sqlite3.h>

#include <filesystem>

#include "reports/statement.h"
#include "reports/store.h"

namespace fulmar {

namespace {

// Of a file that is only read. If nobody writes to it, and nobody was killed while doing so, reading leaves no trace
// beside it either.
std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (char c : path) uri += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
  std::error_code error;
  auto log_bytes = std::filesystem::file_size(path + "-wal", error);
  return uri + (error || log_bytes == 0 ? "?immutable=1" : "?mode=ro");
}

// A copy of a report, beside the one it is to be added to; removed at the end.
class Copy {
 public:
  explicit Copy(std::string path) : path_(std::move(path)) { remove(); }
  ~Copy() { remove(); }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  const std::string& path() const { return path_; }

  Result<void> fill_from(const std::string& source) const {
    sqlite3 *from = nullptr, *to = nullptr;
    auto filled = fill(source, from, to);
    sqlite3_close(from);
    sqlite3_close(to);
    return filled;
  }

 private:
  Result<void> fill(const std::string& source, sqlite3*& from, sqlite3*& to) const {
    auto failed = [](const std::string& path, sqlite3* database) {
      return fail(Errc::io_error, path + ": " + sqlite3_errmsg(database));
    };
    auto uri = uri_of(source);
    if (sqlite3_open_v2(uri.c_str(), &from, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr) != SQLITE_OK)
      return failed(source, from);
    if (sqlite3_open(path_.c_str(), &to) != SQLITE_OK) return failed(path_, to);
    auto* backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup) return failed(path_, to);
    auto status = sqlite3_backup_step(backup, -1);
    sqlite3_backup_finish(backup);
    if (status != SQLITE_DONE)
      return fail(Errc::io_error,
                  source + ": " + (status == SQLITE_NOTADB ? "file is not a database" : sqlite3_errstr(status)));
    return {};
  }
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
INSERT INTO main.marks SELECT life + (SELECT lives FROM temp.offsets), mark, count FROM more.marks;
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
