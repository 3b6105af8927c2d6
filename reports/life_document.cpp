#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/document.h"
#include "reports/statement.h"

namespace fulmar {

namespace {

using nlohmann::ordered_json;

// The order of reports/page/src/timeline/model.js.
constexpr std::string_view kinds[] = {"sent", "received", "disk", "sync", "process", "fault", "log", "client", "state"};

std::int64_t kind_number(std::string_view kind) {
  for (std::size_t i = 0; i < std::size(kinds); ++i)
    if (kinds[i] == kind) return static_cast<std::int64_t>(i);
  return 6;  // kinds that are not known yet are like what is logged
}

std::int64_t in_ns(double seconds) {
  return std::llround(seconds * 1e9);
}

// Texts that many rows have, each once.
class Texts {
 public:
  // -1: none.
  std::int64_t of(const std::string& text) {
    if (text.empty()) return -1;
    auto [found, is_new] = places_.try_emplace(text, static_cast<std::int64_t>(places_.size()));
    if (is_new) all_.push_back(text);
    return found->second;
  }
  ordered_json take() { return std::move(all_); }

 private:
  std::map<std::string, std::int64_t> places_;
  ordered_json all_ = ordered_json::array();
};

// The machines in their order; what faults name besides follows.
Result<ordered_json> nodes_of(sqlite3* database, std::int64_t life) {
  auto names = ordered_json::array();
  Statement rows(database,
                 "SELECT value FROM recordings r, json_each(r.nodes) WHERE r.life = ?1"
                 " UNION ALL SELECT DISTINCT node FROM happenings WHERE life = ?1 AND node IS NOT NULL"
                 " UNION ALL SELECT target FROM faults WHERE life = ?1"
                 " UNION ALL SELECT peer FROM faults WHERE life = ?1 AND peer IS NOT NULL");
  rows.bind(life);
  std::set<std::string> known;
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return names;
    if (known.insert(rows.text(0)).second) names.push_back(rows.text(0));
  }
}

// Columns, and differences where numbers ascend: much smaller than a row each.
Result<ordered_json> happenings_of(sqlite3* database, std::int64_t life, std::int64_t happenings_max) {
  Statement whole(database,
                  "SELECT r.happenings, (SELECT min(at_seconds) FROM violations WHERE life = r.life),"
                  " (SELECT count(*) FROM happenings WHERE life = r.life) FROM recordings r WHERE life = ?");
  whole.bind(life);
  FULMAR_TRY(auto is_recorded, whole.row());
  if (!is_recorded) return ordered_json();
  FULMAR_TRY(auto nodes, nodes_of(database, life));
  std::map<std::string, std::int64_t> numbers;
  for (const auto& name : nodes) numbers.emplace(name.get<std::string>(), static_cast<std::int64_t>(numbers.size()));
  ordered_json told;
  told["all"] = whole.number(0);
  told["nodes"] = nodes;
  for (const auto* column :
       {"number", "at", "events", "kind", "node", "shard", "peer", "cause", "began", "bytes", "subject", "text"})
    told[column] = ordered_json::array();
  auto& values = told["values"] = ordered_json::object();
  Texts subjects, texts;
  // Those that come first are left out: what led to a violation is before it.
  Statement rows(
      database,
      "SELECT number, kind, events, at_seconds, node, shard, peer, cause, began_seconds, bytes, subject, text,"
      " state FROM happenings WHERE life = ? ORDER BY number LIMIT -1 OFFSET ?");
  rows.bind(life).bind(std::max<std::int64_t>(0, whole.integer(2) - happenings_max));
  auto node = [&](int column) {
    return rows.is_null(column) ? -1 : numbers.emplace(rows.text(column), -1).first->second;
  };
  std::int64_t number = 0, at = 0, events = 0;
  for (std::int64_t row = 0;; ++row) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) break;
    auto now = in_ns(rows.real(3));
    told["number"].push_back(rows.integer(0) - number);
    told["at"].push_back(now - at);
    told["events"].push_back(rows.integer(2) - events);
    number = rows.integer(0);
    at = now;
    events = rows.integer(2);
    told["kind"].push_back(kind_number(rows.text(1)));
    told["node"].push_back(node(4));
    told["shard"].push_back(rows.is_null(5) ? -1 : rows.integer(5));
    told["peer"].push_back(node(6));
    told["cause"].push_back(rows.is_null(7) ? 0 : number - rows.integer(7));
    told["began"].push_back(rows.is_null(8) ? -1 : now - in_ns(rows.real(8)));
    told["bytes"].push_back(rows.integer(9));
    told["subject"].push_back(subjects.of(rows.text(10)));
    told["text"].push_back(texts.of(rows.text(11)));
    if (!rows.is_null(12)) values[std::to_string(row)] = ordered_json::parse(rows.text(12));
  }
  told["subjects"] = subjects.take();
  told["texts"] = texts.take();
  return told;
}

Result<ordered_json> operations_of(sqlite3* database, std::int64_t life) {
  auto all = ordered_json::array();
  Statement rows(database,
                 "SELECT client, what, invoked_seconds, completed_seconds, outcome FROM client_operations"
                 " WHERE life = ? ORDER BY number");
  rows.bind(life);
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return all;
    all.push_back({rows.text(0), rows.text(1), in_ns(rows.real(2)) / 1000,
                   rows.is_null(3) ? -1 : in_ns(rows.real(3)) / 1000, rows.text(4)});
  }
}

Result<ordered_json> explanation_of(sqlite3* database, std::int64_t life) {
  Statement row(database,
                "SELECT failure_seconds, steepest, events, cone, without, verdict, same_lines, failing, passing"
                " FROM explanations WHERE life = ?");
  row.bind(life);
  FULMAR_TRY(auto found, row.row());
  if (!found) return ordered_json();
  ordered_json explanation{{"failure_seconds", row.real(0)},
                           {"steepest", row.integer(1)},
                           {"events", ordered_json::parse(row.text(2))},
                           {"cone", ordered_json::parse(row.text(3))},
                           {"curve", ordered_json::array()},
                           {"neighbour", nullptr}};
  if (!row.is_null(4))
    explanation["neighbour"] = {{"without", row.text(4)},
                                {"verdict", row.text(5)},
                                {"same_lines", row.number(6)},
                                {"failing", ordered_json::parse(row.text(7))},
                                {"passing", ordered_json::parse(row.text(8))}};
  Statement rows(database, "SELECT event, at_seconds, lives, failed FROM futures WHERE life = ? ORDER BY event");
  rows.bind(life);
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return explanation;
    explanation["curve"].push_back({{"event", rows.number(0)},
                                    {"at_seconds", rows.real(1)},
                                    {"lives", rows.number(2)},
                                    {"failed", rows.number(3)}});
  }
}

Result<ordered_json> rows_of(sqlite3* database, const char* sql, std::int64_t life) {
  auto all = ordered_json::array();
  Statement rows(database, sql);
  rows.bind(life);
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return all;
    all.push_back(ordered_json::parse(rows.text(0)));
  }
}

}  // namespace

Result<ordered_json> life_document(sqlite3* database, std::int64_t life, std::int64_t happenings_max) {
  Statement row(database,
                "SELECT l.hash, l.simulated_seconds, b.build, p.plan, p.description, r.capsule FROM lives l"
                " JOIN campaigns c ON c.id = l.campaign LEFT JOIN builds b ON b.id = c.build"
                " LEFT JOIN plans p ON p.life = l.id LEFT JOIN recordings r ON r.life = l.id WHERE l.id = ?");
  row.bind(life);
  FULMAR_TRY(auto found, row.row());
  if (!found) return ordered_json();
  auto text = [&](int column) { return row.is_null(column) ? ordered_json() : ordered_json(row.text(column)); };
  ordered_json document{{"hash", row.text(0)}, {"simulated_seconds", row.real(1)}, {"build", text(2)},
                        {"plan", text(3)},     {"description", text(4)},           {"capsule", text(5)}};
  if (row.text(5).empty()) document["capsule"] = nullptr;
  document["notes"] = ordered_json::array();
  if (!document["capsule"].is_null())
    if (auto capsule = ordered_json::parse(row.text(5), nullptr, false);
        capsule.is_object() && capsule.contains("notes"))
      document["notes"] = capsule["notes"];
  FULMAR_TRY(
      document["violations"],
      rows_of(database,
              "SELECT json_object('property', property, 'anomaly', anomaly, 'text', text, 'at_seconds', at_seconds)"
              " FROM violations WHERE life = ? ORDER BY number",
              life));
  FULMAR_TRY(document["faults"],
             rows_of(database,
                     "SELECT json_object('kind', kind, 'at_seconds', at_seconds, 'duration_seconds', duration_seconds,"
                     " 'target', target, 'peer', peer, 'amount', amount) FROM faults WHERE life = ?"
                     " ORDER BY at_seconds, number",
                     life));
  document["settings"] = ordered_json::object();
  Statement settings(database, "SELECT setting, value FROM settings WHERE life = ? ORDER BY setting");
  settings.bind(life);
  for (;;) {
    FULMAR_TRY(auto more, settings.row());
    if (!more) break;
    document["settings"][settings.text(0)] = settings.integer(1);
  }
  FULMAR_TRY(document["happenings"], happenings_of(database, life, happenings_max));
  FULMAR_TRY(document["operations"], operations_of(database, life));
  FULMAR_TRY(document["explanation"], explanation_of(database, life));
  return document;
}

}  // namespace fulmar
