#include "reports/store.h"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "reports/copy.h"
#include "reports/schema.h"
#include "reports/statement.h"

namespace fulmar {

namespace {

constexpr const char* in_memory_path = ":memory:";
constexpr int wait_for_lock_ms = 2000;  // another campaign may write to the same report

std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

// Names have no comma.
std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream in(text);
  for (std::string name; std::getline(in, name, ',');) names.push_back(name);
  return names;
}

std::string to_text(const std::map<std::string, std::int64_t, std::less<>>& settings) {
  std::vector<std::string> each;
  for (const auto& [name, value] : settings) each.push_back(name + "=" + std::to_string(value));
  return joined(each);
}

std::map<std::string, std::int64_t, std::less<>> settings_from(const std::string& text) {
  std::map<std::string, std::int64_t, std::less<>> settings;
  for (const auto& one : split(text))
    if (auto at = one.find('='); at != std::string::npos)
      settings[one.substr(0, at)] = std::strtoll(one.c_str() + at + 1, nullptr, 10);
  return settings;
}

template <class T>
std::optional<T> unless_zero(T value) {
  return value == T{} ? std::nullopt : std::optional(value);
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Result<std::unique_ptr<ReportStore>> ReportStore::open(const std::string& path) {
  return open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<std::unique_ptr<ReportStore>> ReportStore::open_existing(const std::string& path) {
  return open(path, SQLITE_OPEN_READWRITE);
}

Result<std::unique_ptr<ReportStore>> ReportStore::open_with(const std::string& path, int flags) {
  sqlite3* database = nullptr;
  int status = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  std::unique_ptr<ReportStore> store(new ReportStore(database, path));
  if (status != SQLITE_OK) return fail(Errc::io_error, path + ": " + sqlite3_errmsg(database));
  sqlite3_busy_timeout(database, wait_for_lock_ms);
  return store;
}

Result<std::unique_ptr<ReportStore>> ReportStore::open(const std::string& path, int flags) {
  FULMAR_TRY(auto store, open_with(path, flags));
  FULMAR_TRY_VOID(store->set_up());
  // A report is not worth a sync per life; the file stays whole if the process dies.
  FULMAR_TRY_VOID(execute(store->database_, "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"));
  return store;
}

Result<std::unique_ptr<ReportStore>> ReportStore::open_copy(const std::string& path) {
  FULMAR_TRY(auto store, open_with(in_memory_path, SQLITE_OPEN_READWRITE));
  store->path_ = path;
  FULMAR_TRY_VOID(copy_database(path, store->database_));
  FULMAR_TRY_VOID(store->set_up());
  return store;
}

Result<std::unique_ptr<ReportStore>> ReportStore::in_memory() {
  FULMAR_TRY(auto store, open_with(in_memory_path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  FULMAR_TRY_VOID(store->set_up());
  return store;
}

ReportStore::~ReportStore() {
  sqlite3_close(database_);
}

Result<void> ReportStore::set_up() {
  return in_transaction(database_, [&]() -> Result<void> {
    std::int64_t version = 0, tables = 0;
    {
      // Its end unlocks the tables.
      Statement look(database_, "SELECT (SELECT user_version FROM pragma_user_version), count(*) FROM sqlite_schema");
      FULMAR_TRY_VOID(look.row());
      version = look.integer(0);
      tables = look.integer(1);
    }
    if (version == 0 && tables > 0) return fail(Errc::unsupported, path_ + " is a database, and no report");
    if (version > report_version)
      return fail(Errc::unsupported, path_ + " is a report of version " + std::to_string(version) +
                                         ", and this program knows versions up to " + std::to_string(report_version));
    if (version != 0 && version < report_version_oldest)
      return fail(Errc::unsupported, path_ + " is a report of version " + std::to_string(version) +
                                         ", which is older than " + std::to_string(report_version_oldest));
    return version == report_version ? Result<void>{} : create(version);
  });
}

Result<void> ReportStore::create(std::int64_t from_version) {
  if (from_version == 2) FULMAR_TRY_VOID(execute(database_, report_migration));
  if (from_version < 3) FULMAR_TRY_VOID(execute(database_, report_schema));
  if (from_version == 2) FULMAR_TRY_VOID(execute(database_, report_migrated));
  if (from_version < 4) FULMAR_TRY_VOID(execute(database_, report_schema_recordings));
  FULMAR_TRY_VOID(execute(database_, report_schema_sightings));
  return execute(database_, ("PRAGMA user_version=" + std::to_string(report_version)).c_str());
}

Result<std::int64_t> ReportStore::begin_campaign(const CampaignReport& campaign) {
  std::int64_t id = 0;
  auto begun = in_transaction(database_, [&]() -> Result<void> {
    FULMAR_TRY_VOID(Statement(database_, "INSERT OR IGNORE INTO builds(build) VALUES(?)").bind(campaign.build).done());
    Statement insert(
        database_,
        "INSERT INTO campaigns(name, build, begun, state, elapsed_seconds, scenarios, first_seed, last_seed,"
        " shard, shards, seconds_max, until_first_failure, settings, faults)"
        " VALUES(?, (SELECT id FROM builds WHERE build = ?), ?, 'running', 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(campaign.name).bind(campaign.build).bind(campaign.begun).bind(joined(campaign.scenarios));
    insert.bind(campaign.first_seed).bind(campaign.last_seed).bind(campaign.shard).bind(campaign.shards);
    insert.bind(campaign.seconds_max).bind(campaign.until_first_failure).bind(to_text(campaign.settings));
    insert.bind(campaign.faults ? std::optional(joined(*campaign.faults)) : std::nullopt);
    FULMAR_TRY_VOID(insert.done());
    id = sqlite3_last_insert_rowid(database_);
    return {};
  });
  if (!begun) return std::unexpected(begun.error());
  return id;
}

Result<std::int64_t> ReportStore::add_life(std::int64_t campaign, const LifeReport& life) {
  std::int64_t id = 0;
  FULMAR_TRY_VOID(in_transaction(database_, [&]() -> Result<void> {
    FULMAR_TRY(id, insert_life(campaign, life));
    return {};
  }));
  return id;
}

Result<std::int64_t> ReportStore::insert_life(std::int64_t campaign, const LifeReport& life) {
  const bool failed = !life.violations.empty();
  if (failed)
    FULMAR_TRY_VOID(
        Statement(database_, "INSERT OR IGNORE INTO signatures(signature) VALUES(?)").bind(life.signature).done());
  Statement insert(database_,
                   "INSERT INTO lives(campaign, scenario, seed, hash, events, simulated_seconds, wall_seconds,"
                   " cpu_seconds, ended_seconds, plays, failed, signature, difference, replay)"
                   " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM signatures WHERE signature = ?), ?, ?)");
  insert.bind(campaign).bind(life.scenario).bind(life.seed).bind(hex(life.hash)).bind(unless_zero(life.events));
  insert.bind(life.simulated_seconds).bind(life.wall_seconds).bind(unless_zero(life.cpu_seconds));
  insert.bind(life.ended_seconds).bind(std::int64_t{life.played_twice ? 2 : 1}).bind(failed);
  insert.bind(unless_empty(life.signature)).bind(unless_empty(life.difference)).bind(unless_empty(life.replay));
  FULMAR_TRY_VOID(insert.done());
  auto id = std::int64_t{sqlite3_last_insert_rowid(database_)};
  if (!life.plan.empty())
    FULMAR_TRY_VOID(Statement(database_, "INSERT INTO plans VALUES(?, ?, ?)")
                        .bind(id)
                        .bind(life.plan)
                        .bind(life.description)
                        .done());
  Statement setting(database_, "INSERT INTO settings VALUES(?, ?, ?)");
  for (const auto& [name, value] : life.settings) FULMAR_TRY_VOID(setting.bind(id).bind(name).bind(value).done());
  Statement add_fault(database_, "INSERT INTO faults VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  std::int64_t number = 0;
  for (const auto& fault : life.faults) {
    add_fault.bind(id).bind(number++).bind(fault.kind).bind(fault.at_seconds).bind(fault.duration_seconds);
    FULMAR_TRY_VOID(add_fault.bind(fault.target).bind(fault.peer).bind(fault.amount).done());
  }
  Statement operation(database_, "INSERT INTO operations VALUES(?, ?, ?)");
  for (const auto& [kind, count] : life.operations) FULMAR_TRY_VOID(operation.bind(id).bind(kind).bind(count).done());
  Statement mark(database_, "INSERT INTO marks VALUES(?, ?, ?, ?)");
  for (const auto& [name, count] : life.marks) {
    auto first = life.sightings.find(name);
    mark.bind(id).bind(name).bind(count);
    FULMAR_TRY_VOID(mark.bind(first == life.sightings.end() ? std::nullopt : std::optional(first->second)).done());
  }
  Statement violation(database_, "INSERT INTO violations VALUES(?, ?, ?, ?, ?, ?)");
  number = 0;
  for (const auto& one : life.violations) {
    violation.bind(id).bind(number++).bind(one.property).bind(one.anomaly);
    FULMAR_TRY_VOID(violation.bind(one.text).bind(one.at_seconds).done());
  }
  return id;
}

Result<void> ReportStore::end_campaign(std::int64_t campaign, double elapsed_seconds, bool complete) {
  Statement update(database_, "UPDATE campaigns SET state = ?, elapsed_seconds = ? WHERE id = ?");
  return update.bind(complete ? "complete" : "interrupted").bind(elapsed_seconds).bind(campaign).done();
}

Result<PlayedSeeds> ReportStore::played(std::int64_t campaign, const std::string& scenario) {
  PlayedSeeds seeds;
  Statement rows(database_,
                 "SELECT l.seed, m.mark, m.first_event FROM lives l LEFT JOIN marks m ON m.life = l.id"
                 " AND m.first_event IS NOT NULL WHERE l.campaign = ? AND l.scenario = ?");
  rows.bind(campaign).bind(scenario);
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return seeds;
    auto& life = seeds[rows.number(0)];
    if (!rows.is_null(1)) life[rows.text(1)] = rows.number(2);
  }
}

Result<UnfinishedCampaign> ReportStore::unfinished() {
  Statement row(database_,
                "SELECT c.id, c.name, b.build, c.begun, c.scenarios, c.first_seed, c.last_seed, c.shard, c.shards,"
                " c.seconds_max, c.until_first_failure, c.settings, c.faults,"
                " max(c.elapsed_seconds, (SELECT coalesce(max(ended_seconds), 0) FROM lives WHERE campaign = c.id))"
                " FROM campaigns c LEFT JOIN builds b ON b.id = c.build WHERE c.state <> 'complete'"
                " ORDER BY c.id DESC LIMIT 1");
  FULMAR_TRY(auto found, row.row());
  if (!found) return fail(Errc::not_found, path_ + " has no unfinished campaign");
  UnfinishedCampaign unfinished;
  auto& campaign = unfinished.campaign;
  unfinished.id = row.integer(0);
  campaign.name = row.text(1);
  campaign.build = row.text(2);
  campaign.begun = row.text(3);
  campaign.scenarios = split(row.text(4));
  campaign.first_seed = row.number(5);
  if (!row.is_null(6)) campaign.last_seed = row.number(6);
  campaign.shard = row.number(7);
  campaign.shards = row.number(8);
  campaign.seconds_max = row.real(9);
  campaign.until_first_failure = row.integer(10) != 0;
  campaign.settings = settings_from(row.text(11));
  if (!row.is_null(12)) campaign.faults = split(row.text(12));
  unfinished.elapsed_seconds = row.real(13);
  for (const auto& scenario : campaign.scenarios) {
    FULMAR_TRY(auto seeds, played(unfinished.id, scenario));
    unfinished.played[scenario] = std::move(seeds);
  }
  return unfinished;
}

namespace {

Result<void> read_counts(sqlite3* database, const char* sql, std::int64_t life,
                         std::map<std::string, std::uint64_t>& into) {
  Statement rows(database, sql);
  rows.bind(life);
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return {};
    into[rows.text(0)] = rows.number(1);
  }
}

Result<void> read_violations(sqlite3* database, std::int64_t life, std::vector<ReportedViolation>& into) {
  Statement rows(database, "SELECT property, anomaly, text, at_seconds FROM violations WHERE life = ? ORDER BY number");
  rows.bind(life);
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return {};
    into.push_back(
        {rows.text(0), rows.text(1), rows.text(2), rows.is_null(3) ? std::nullopt : std::optional(rows.real(3))});
  }
}

}  // namespace

Result<void> ReportStore::each_life(std::optional<std::int64_t> campaign,
                                    const std::function<void(const LifeReport&)>& use) {
  Statement rows(database_,
                 "SELECT l.id, l.scenario, l.seed, l.hash, l.events, l.simulated_seconds, l.wall_seconds,"
                 " l.cpu_seconds, l.ended_seconds, l.plays, l.difference, s.signature, l.replay, p.description"
                 " FROM lives l LEFT JOIN signatures s ON s.id = l.signature LEFT JOIN plans p ON p.life = l.id"
                 " WHERE ?1 IS NULL OR l.campaign = ?1 ORDER BY l.id");
  rows.bind(campaign);
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return {};
    LifeReport life;
    auto id = rows.integer(0);
    life.scenario = rows.text(1);
    life.seed = rows.number(2);
    life.hash = std::strtoull(rows.text(3).c_str(), nullptr, 16);
    life.events = rows.number(4);
    life.simulated_seconds = rows.real(5);
    life.wall_seconds = rows.real(6);
    life.cpu_seconds = rows.real(7);
    life.ended_seconds = rows.real(8);
    life.played_twice = rows.integer(9) == 2;
    life.difference = rows.text(10);
    life.signature = rows.text(11);
    life.replay = rows.text(12);
    life.description = rows.text(13);
    FULMAR_TRY_VOID(
        read_counts(database_, "SELECT operation, count FROM operations WHERE life = ?", id, life.operations));
    FULMAR_TRY_VOID(read_counts(database_, "SELECT mark, count FROM marks WHERE life = ?", id, life.marks));
    FULMAR_TRY_VOID(read_violations(database_, id, life.violations));
    use(life);
  }
}

}  // namespace fulmar
