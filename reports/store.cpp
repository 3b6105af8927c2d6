#include "reports/store.h"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>

#include "runtime/base/assert.h"

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

std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

}  // namespace

// One prepared statement, used once.
class ReportStore::Statement {
 public:
  Statement(sqlite3* database, const char* sql) {
    ASSERT(sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) == SQLITE_OK);
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
  bool step() { return sqlite3_step(statement_) == SQLITE_ROW; }
  std::int64_t integer(int column) { return sqlite3_column_int64(statement_, column); }
  double real(int column) { return sqlite3_column_double(statement_, column); }
  std::string text(int column) { return reinterpret_cast<const char*>(sqlite3_column_text(statement_, column)); }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 1;
};

Result<std::unique_ptr<ReportStore>> ReportStore::open(const std::string& path) {
  sqlite3* database = nullptr;
  int status = sqlite3_open(path.c_str(), &database);
  std::unique_ptr<ReportStore> store(new ReportStore(database));
  if (status != SQLITE_OK) return fail(Errc::io_error, path + ": " + sqlite3_errmsg(database));
  int version = -1;
  sqlite3_stmt* probe = nullptr;
  if (sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &probe, nullptr) == SQLITE_OK &&
      sqlite3_step(probe) == SQLITE_ROW)
    version = sqlite3_column_int(probe, 0);
  sqlite3_finalize(probe);
  if (version < 0) return fail(Errc::io_error, path + ": " + sqlite3_errmsg(database));
  if (version == 0) {
    auto set_up = std::string(schema) + "PRAGMA user_version=" + std::to_string(format_version);
    if (sqlite3_exec(database, set_up.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return fail(Errc::io_error, path + ": " + sqlite3_errmsg(database));
  } else if (version != format_version) {
    return fail(Errc::unsupported, path + " is a report of version " + std::to_string(version));
  }
  // A report is not worth a sync per life; the file stays whole if the process dies.
  sqlite3_exec(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);
  return store;
}

ReportStore::~ReportStore() {
  sqlite3_close(database_);
}

std::int64_t ReportStore::begin_campaign(const std::string& scenario, std::uint64_t first_seed,
                                         std::uint64_t last_seed) {
  Statement insert(database_, "INSERT INTO campaigns(scenario, first_seed, last_seed) VALUES(?, ?, ?)");
  insert.bind(scenario).bind(static_cast<std::int64_t>(first_seed)).bind(static_cast<std::int64_t>(last_seed)).step();
  return sqlite3_last_insert_rowid(database_);
}

void ReportStore::add_run(std::int64_t campaign, const StoredRun& run, const std::string& plan) {
  auto seed = static_cast<std::int64_t>(run.seed);
  Statement insert(database_, "INSERT INTO runs VALUES(?, ?, ?, ?, ?, ?, ?)");
  insert.bind(campaign).bind(seed).bind(hex(run.hash)).bind(run.simulated_seconds).bind(run.wall_seconds);
  insert.bind(std::int64_t{run.violations.empty()}).bind(plan).step();
  for (const auto& violation : run.violations) {
    Statement add(database_, "INSERT INTO violations VALUES(?, ?, ?, ?, ?)");
    add.bind(campaign).bind(seed).bind(violation.property).bind(violation.anomaly).bind(violation.text).step();
  }
  for (const auto& [mark, count] : run.marks) {
    Statement add(database_, "INSERT INTO marks VALUES(?, ?, ?, ?)");
    add.bind(campaign).bind(seed).bind(mark).bind(static_cast<std::int64_t>(count)).step();
  }
}

std::int64_t ReportStore::run_count(std::int64_t campaign) {
  Statement count(database_, "SELECT count(*) FROM runs WHERE campaign = ?");
  count.bind(campaign).step();
  return count.integer(0);
}

std::map<std::string, std::uint64_t> ReportStore::marks(std::int64_t campaign) {
  std::map<std::string, std::uint64_t> all;
  Statement rows(database_, "SELECT mark, sum(count) FROM marks WHERE campaign = ? GROUP BY mark");
  rows.bind(campaign);
  while (rows.step()) all[rows.text(0)] = static_cast<std::uint64_t>(rows.integer(1));
  return all;
}

std::vector<StoredRun> ReportStore::failed_runs(std::int64_t campaign) {
  std::vector<StoredRun> runs;
  Statement rows(database_,
                 "SELECT r.seed, r.hash, r.simulated_seconds, r.wall_seconds, v.property, v.anomaly, v.text FROM runs r"
                 " JOIN violations v ON v.campaign = r.campaign AND v.seed = r.seed WHERE r.campaign = ? ORDER BY "
                 "r.seed, v.rowid");
  rows.bind(campaign);
  while (rows.step()) {
    auto seed = static_cast<std::uint64_t>(rows.integer(0));
    if (runs.empty() || runs.back().seed != seed)
      runs.push_back({seed, std::strtoull(rows.text(1).c_str(), nullptr, 16), rows.real(2), rows.real(3), {}, {}});
    runs.back().violations.push_back({rows.text(4), rows.text(5), rows.text(6)});
  }
  return runs;
}

}  // namespace fulmar
