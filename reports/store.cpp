#include "reports/store.h"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>

namespace fulmar {

namespace {

constexpr const char* schema =
    "CREATE TABLE campaigns(id INTEGER PRIMARY KEY, scenario TEXT NOT NULL, first_seed INTEGER NOT NULL,"
    " last_seed INTEGER NOT NULL);"
    "CREATE TABLE runs(campaign INTEGER NOT NULL REFERENCES campaigns(id), seed INTEGER NOT NULL, hash TEXT NOT NULL,"
    " simulated_seconds REAL NOT NULL, wall_seconds REAL NOT NULL, clean INTEGER NOT NULL, plan TEXT NOT NULL);"
    "CREATE TABLE violations(campaign INTEGER NOT NULL REFERENCES campaigns(id), seed INTEGER NOT NULL,"
    " property TEXT NOT NULL, anomaly TEXT NOT NULL, text TEXT NOT NULL);"
    "CREATE TABLE marks(campaign INTEGER NOT NULL REFERENCES campaigns(id), seed INTEGER NOT NULL, mark TEXT NOT NULL,"
    " count INTEGER NOT NULL);"
    "CREATE INDEX marks_by_name ON marks(campaign, mark);"
    "CREATE INDEX runs_by_seed ON runs(campaign, seed);"
    "CREATE INDEX violations_by_seed ON violations(campaign, seed);";

constexpr int wait_for_lock_ms = 2000;  // another campaign may write to the same report

std::unexpected<Error> failure(sqlite3* database) {
  const char* path = sqlite3_db_filename(database, nullptr);
  return fail(Errc::io_error, std::string(path ? path : "") + ": " + sqlite3_errmsg(database));
}

std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

// One prepared statement, used once.
class ReportStore::Statement {
 public:
  // row() returns errors from here too, for example a missing table.
  Statement(sqlite3* database, const char* sql) : database_(database) {
    sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::int64_t value) {
    sqlite3_bind_int64(statement_, next_++, value);
    return *this;
  }
  Statement& bind(double value) {
    sqlite3_bind_double(statement_, next_++, value);
    return *this;
  }
  Statement& bind(const std::string& value) {
    sqlite3_bind_text(statement_, next_++, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
  }
  // Whether there is another row.
  Result<bool> row() {
    auto status = statement_ ? sqlite3_step(statement_) : SQLITE_ERROR;
    if (status != SQLITE_ROW && status != SQLITE_DONE) return failure(database_);
    return status == SQLITE_ROW;
  }
  std::int64_t integer(int column) { return sqlite3_column_int64(statement_, column); }
  double real(int column) { return sqlite3_column_double(statement_, column); }
  std::string text(int column) { return reinterpret_cast<const char*>(sqlite3_column_text(statement_, column)); }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 1;
};

Result<std::unique_ptr<ReportStore>> ReportStore::open(const std::string& path) {
  sqlite3* database = nullptr;
  int status = sqlite3_open(path.c_str(), &database);
  std::unique_ptr<ReportStore> store(new ReportStore(database));
  if (status != SQLITE_OK) return fail(Errc::io_error, path + ": " + sqlite3_errmsg(database));
  sqlite3_busy_timeout(database, wait_for_lock_ms);
  // A report is not worth a sync per life; the file stays whole if the process dies.
  FULMAR_TRY_VOID(store->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"));
  FULMAR_TRY_VOID(store->execute("BEGIN IMMEDIATE"));
  auto ready = store->set_up();
  if (ready) ready = store->execute("COMMIT");
  if (!ready) return std::unexpected(ready.error());
  return store;
}

ReportStore::~ReportStore() {
  sqlite3_close(database_);
}

Result<void> ReportStore::execute(const char* sql) {
  if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure(database_);
  return {};
}

Result<void> ReportStore::set_up() {
  std::int64_t version = 0, tables = 0;
  {
    Statement look(database_, "SELECT (SELECT user_version FROM pragma_user_version), count(*) FROM sqlite_schema");
    FULMAR_TRY_VOID(look.row());
    version = look.integer(0);
    tables = look.integer(1);
  }
  std::string path = sqlite3_db_filename(database_, nullptr);
  if (version == 0 && tables > 0) return fail(Errc::unsupported, path + " is a database, and no report");
  if (version != 0 && version != format_version)
    return fail(Errc::unsupported, path + " is a report of version " + std::to_string(version));
  if (version == format_version) return {};
  return execute((schema + ("PRAGMA user_version=" + std::to_string(format_version))).c_str());
}

Result<std::int64_t> ReportStore::begin_campaign(const std::string& scenario, std::uint64_t first_seed,
                                                 std::uint64_t last_seed) {
  Statement insert(database_, "INSERT INTO campaigns(scenario, first_seed, last_seed) VALUES(?, ?, ?)");
  insert.bind(scenario).bind(static_cast<std::int64_t>(first_seed)).bind(static_cast<std::int64_t>(last_seed));
  FULMAR_TRY_VOID(insert.row());
  return sqlite3_last_insert_rowid(database_);
}

Result<void> ReportStore::add_run(std::int64_t campaign, const StoredRun& run, const std::string& plan) {
  FULMAR_TRY_VOID(execute("BEGIN IMMEDIATE"));
  auto added = insert_run(campaign, run, plan);
  if (added) added = execute("COMMIT");
  // The failed statement may have ended the transaction already.
  if (!added) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  return added;
}

Result<void> ReportStore::insert_run(std::int64_t campaign, const StoredRun& run, const std::string& plan) {
  auto seed = static_cast<std::int64_t>(run.seed);
  Statement insert(database_, "INSERT INTO runs VALUES(?, ?, ?, ?, ?, ?, ?)");
  insert.bind(campaign).bind(seed).bind(hex(run.hash)).bind(run.simulated_seconds).bind(run.wall_seconds);
  insert.bind(std::int64_t{run.violations.empty()}).bind(plan);
  FULMAR_TRY_VOID(insert.row());
  for (const auto& violation : run.violations) {
    Statement add(database_, "INSERT INTO violations VALUES(?, ?, ?, ?, ?)");
    add.bind(campaign).bind(seed).bind(violation.property).bind(violation.anomaly).bind(violation.text);
    FULMAR_TRY_VOID(add.row());
  }
  for (const auto& [mark, count] : run.marks) {
    Statement add(database_, "INSERT INTO marks VALUES(?, ?, ?, ?)");
    add.bind(campaign).bind(seed).bind(mark).bind(static_cast<std::int64_t>(count));
    FULMAR_TRY_VOID(add.row());
  }
  return {};
}

Result<std::int64_t> ReportStore::run_count(std::int64_t campaign) {
  Statement count(database_, "SELECT count(*) FROM runs WHERE campaign = ?");
  FULMAR_TRY_VOID(count.bind(campaign).row());
  return count.integer(0);
}

Result<std::map<std::string, std::uint64_t>> ReportStore::marks(std::int64_t campaign) {
  std::map<std::string, std::uint64_t> all;
  Statement rows(database_, "SELECT mark, sum(count) FROM marks WHERE campaign = ? GROUP BY mark");
  rows.bind(campaign);
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return all;
    all[rows.text(0)] = static_cast<std::uint64_t>(rows.integer(1));
  }
}

Result<std::vector<StoredRun>> ReportStore::failed_runs(std::int64_t campaign) {
  std::vector<StoredRun> runs;
  Statement rows(database_,
                 "SELECT r.seed, r.hash, r.simulated_seconds, r.wall_seconds, v.property, v.anomaly, v.text FROM runs r"
                 " JOIN violations v ON v.campaign = r.campaign AND v.seed = r.seed WHERE r.campaign = ? ORDER BY "
                 "r.seed, v.rowid");
  rows.bind(campaign);
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return runs;
    auto seed = static_cast<std::uint64_t>(rows.integer(0));
    if (runs.empty() || runs.back().seed != seed)
      runs.push_back({seed, std::strtoull(rows.text(1).c_str(), nullptr, 16), rows.real(2), rows.real(3), {}, {}});
    runs.back().violations.push_back({rows.text(4), rows.text(5), rows.text(6)});
  }
}

}  // namespace fulmar
