// ReportStore::document(): the overview of all campaigns, and the findings.
#include "reports/document.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "reports/statement.h"
#include "reports/store.h"

namespace fulmar {

namespace {

using nlohmann::ordered_json;

constexpr std::int64_t bins_max = 120;  // of the lives over time
constexpr std::size_t scenarios_named_max = 3;

// When each campaign began, in seconds, if they are put one after the other; shards are taken to be side by side.
constexpr const char* with_begins =
    "WITH lasted AS (SELECT c.id, c.shards, max(c.elapsed_seconds, coalesce(max(l.ended_seconds), 0)) AS seconds"
    " FROM campaigns c LEFT JOIN lives l ON l.campaign = c.id GROUP BY c.id),"
    " begins AS (SELECT id, CASE WHEN shards > 1 THEN 0 ELSE coalesce(sum(CASE WHEN shards > 1 THEN 0 ELSE seconds END)"
    " OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) END AS begin FROM lasted)";

Result<void> each_row(sqlite3* database, const std::string& sql, const std::function<void(Statement&)>& use) {
  Statement rows(database, sql.c_str());
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return {};
    use(rows);
  }
}

ordered_json text_or_null(Statement& row, int column) {
  return row.is_null(column) ? ordered_json() : ordered_json(row.text(column));
}

ordered_json real_or_null(Statement& row, int column) {
  return row.is_null(column) ? ordered_json() : ordered_json(row.real(column));
}

Result<ordered_json> campaigns(sqlite3* database) {
  auto all = ordered_json::array();
  FULMAR_TRY_VOID(each_row(
      database,
      "SELECT c.begun, c.state, c.scenarios, c.first_seed, c.last_seed, c.shard, c.shards, count(l.id),"
      " max(c.elapsed_seconds, coalesce(max(l.ended_seconds), 0)), c.settings, c.faults, b.build FROM campaigns c"
      " LEFT JOIN builds b ON b.id = c.build LEFT JOIN lives l ON l.campaign = c.id GROUP BY c.id ORDER BY c.id",
      [&](Statement& row) {
        all.push_back({{"begun", text_or_null(row, 0)},
                       {"state", row.text(1)},
                       {"scenarios", row.text(2)},
                       {"first_seed", row.number(3)},
                       {"last_seed", row.is_null(4) ? ordered_json() : ordered_json(row.number(4))},
                       {"shard", row.number(5)},
                       {"shards", row.number(6)},
                       {"lives", row.number(7)},
                       {"elapsed_seconds", row.real(8)},
                       {"settings", row.text(9)},
                       {"faults", text_or_null(row, 10)},
                       {"build", text_or_null(row, 11)}});
      }));
  return all;
}

Result<ordered_json> scenarios(sqlite3* database) {
  auto all = ordered_json::object();
  FULMAR_TRY_VOID(each_row(
      database,
      "SELECT scenario, count(*), sum(failed), coalesce(sum(events), 0), sum(simulated_seconds),"
      " sum(wall_seconds), coalesce(sum(cpu_seconds), 0) FROM lives GROUP BY scenario",
      [&](Statement& row) {
        all[row.text(0)] = {
            {"name", row.text(0)},        {"lives", row.number(1)},           {"failed", row.number(2)},
            {"events", row.number(3)},    {"simulated_seconds", row.real(4)}, {"wall_seconds", row.real(5)},
            {"cpu_seconds", row.real(6)}, {"marks", ordered_json::object()},  {"faults", ordered_json::object()}};
      }));
  FULMAR_TRY_VOID(each_row(
      database,
      std::string(with_begins) + " SELECT l.scenario, m.mark, sum(m.count > 0), min(CASE WHEN m.count > 0 THEN"
                                 " b.begin + l.ended_seconds END) FROM marks m JOIN lives l ON l.id = m.life"
                                 " JOIN begins b ON b.id = l.campaign GROUP BY l.scenario, m.mark",
      [&](Statement& row) { all[row.text(0)]["marks"][row.text(1)] = {row.number(2), real_or_null(row, 3)}; }));
  FULMAR_TRY_VOID(
      each_row(database,
               "SELECT l.scenario, f.kind, count(*), sum(l.failed) FROM"
               " (SELECT DISTINCT life, kind FROM faults) f JOIN lives l ON l.id = f.life"
               " GROUP BY l.scenario, f.kind",
               [&](Statement& row) { all[row.text(0)]["faults"][row.text(1)] = {row.number(2), row.number(3)}; }));
  auto list = ordered_json::array();
  for (auto& [unused, scenario] : all.items()) list.push_back(std::move(scenario));
  return list;
}

Result<ordered_json> timeline(sqlite3* database) {
  auto seconds = ordered_json::array(), lives = ordered_json::array(), failed = ordered_json::array();
  auto ends = std::string(with_begins) +
              ", ends AS (SELECT b.begin + l.ended_seconds AS ended, l.failed FROM lives l JOIN begins b"
              " ON b.id = l.campaign WHERE l.ended_seconds IS NOT NULL)";
  double all = 0;
  FULMAR_TRY_VOID(
      each_row(database, ends + " SELECT max(ended) FROM ends", [&](Statement& row) { all = row.real(0); }));
  if (all > 0) {
    auto step = all / static_cast<double>(bins_max);
    for (std::int64_t i = 0; i < bins_max; ++i) {
      seconds.push_back(step * static_cast<double>(i + 1));
      lives.push_back(0);
      failed.push_back(0);
    }
    FULMAR_TRY_VOID(each_row(database,
                             ends + " SELECT CAST(ended / " + std::to_string(step) +
                                 " AS INTEGER), count(*), sum(failed) FROM ends GROUP BY 1",
                             [&](Statement& row) {
                               auto bin =
                                   static_cast<std::size_t>(std::clamp<std::int64_t>(row.integer(0), 0, bins_max - 1));
                               lives[bin] = lives[bin].get<std::uint64_t>() + row.number(1);
                               failed[bin] = failed[bin].get<std::uint64_t>() + row.number(2);
                             }));
  }
  return ordered_json{{"seconds", std::move(seconds)}, {"lives", std::move(lives)}, {"failed", std::move(failed)}};
}

Result<ordered_json> all_findings(sqlite3* database) {
  auto all = ordered_json::array();
  std::vector<std::int64_t> lives;
  FULMAR_TRY_VOID(each_row(database,
                           std::string(with_begins) +
                               " SELECT f.signature, f.lives, f.scenario, f.seed, f.events, f.replay, f.life,"
                               " l.simulated_seconds, (SELECT min(b.begin + o.ended_seconds) FROM lives o"
                               " JOIN begins b ON b.id = o.campaign WHERE o.signature = l.signature)"
                               " FROM findings f JOIN lives l ON l.id = f.life ORDER BY f.lives DESC, f.signature",
                           [&](Statement& row) {
                             lives.push_back(row.integer(6));
                             all.push_back({{"signature", row.text(0)},
                                            {"lives", row.number(1)},
                                            {"scenario", row.text(2)},
                                            {"seed", row.number(3)},
                                            {"events", row.number(4)},
                                            {"simulated_seconds", row.real(7)},
                                            {"first_seconds", real_or_null(row, 8)},
                                            {"replay", text_or_null(row, 5)}});
                           }));
  for (std::size_t i = 0; i < lives.size(); ++i) {
    FULMAR_TRY(all[i]["life"],
               life_document(database, lives[i], document_happenings_max / static_cast<std::int64_t>(lives.size())));
  }
  return all;
}

std::string title_of(const ordered_json& scenarios) {
  std::uint64_t lives = 0;
  std::string names;
  for (const auto& scenario : scenarios) {
    lives += scenario["lives"].get<std::uint64_t>();
    names += (names.empty() ? "" : ", ") + scenario["name"].get<std::string>();
  }
  if (scenarios.size() > scenarios_named_max) names = std::to_string(scenarios.size()) + " scenarios";
  return names + ": " + std::to_string(lives) + (lives == 1 ? " life" : " lives");
}

}  // namespace

Result<bool> ReportStore::has_lives() {
  return Statement(database_, "SELECT 1 FROM lives LIMIT 1").row();
}

Result<std::string> ReportStore::document() {
  ordered_json document;
  FULMAR_TRY(auto of_scenarios, scenarios(database_));
  document["title"] = title_of(of_scenarios);
  FULMAR_TRY(document["campaigns"], campaigns(database_));
  document["scenarios"] = std::move(of_scenarios);
  FULMAR_TRY(document["timeline"], timeline(database_));
  FULMAR_TRY(document["findings"], all_findings(database_));
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace fulmar
