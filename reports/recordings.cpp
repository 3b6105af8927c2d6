// ReportStore: what is kept of how failing lives went.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "reports/statement.h"
#include "reports/store.h"

namespace fulmar {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

double in_seconds(Instant at) {
  return static_cast<double>(at.ns) / 1e9;
}

std::optional<double> in_seconds(const std::optional<Instant>& at) {
  return at ? std::optional(in_seconds(*at)) : std::nullopt;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

template <class T>
std::optional<std::int64_t> unless_zero(T value) {
  return value == 0 ? std::nullopt : std::optional(static_cast<std::int64_t>(value));
}

// What is logged may hold bytes that are no UTF-8.
std::string dumped(const auto& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<std::string> state_of(const ReportedHappening& happening) {
  if (happening.values.empty()) return std::nullopt;
  ordered_json state = ordered_json::object();
  for (const auto& [name, value] : happening.values) state[name] = value;
  return dumped(state);
}

std::string lines_of(const std::vector<std::string>& lines) {
  return dumped(json(lines));
}

}  // namespace

Result<void> ReportStore::keep(std::int64_t life, const Recording& recording) {
  return in_transaction(database_, [&]() -> Result<void> {
    for (const auto* forget : {"DELETE FROM happenings WHERE life = ?", "DELETE FROM client_operations WHERE life = ?",
                               "DELETE FROM recordings WHERE life = ?"})
      FULMAR_TRY_VOID(Statement(database_, forget).bind(life).done());
    FULMAR_TRY_VOID(Statement(database_, "INSERT INTO recordings VALUES(?, ?, ?, ?)")
                        .bind(life)
                        .bind(recording.all)
                        .bind(lines_of(recording.nodes))
                        .bind(recording.capsule)
                        .done());
    Statement add(database_, "INSERT INTO happenings VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const auto& one : recording.happenings) {
      add.bind(life).bind(one.number).bind(one.kind).bind(one.events).bind(in_seconds(one.at)).bind(one.node);
      add.bind(one.shard ? std::optional<std::int64_t>(*one.shard) : std::nullopt).bind(one.peer);
      add.bind(unless_zero(one.cause)).bind(in_seconds(one.began)).bind(unless_zero(one.bytes));
      add.bind(unless_empty(one.subject)).bind(unless_empty(one.text)).bind(state_of(one));
      FULMAR_TRY_VOID(add.done());
    }
    Statement operation(database_, "INSERT INTO client_operations VALUES(?, ?, ?, ?, ?, ?, ?)");
    std::int64_t number = 0;
    for (const auto& one : recording.operations) {
      operation.bind(life).bind(number++).bind(one.client).bind(one.what).bind(in_seconds(one.invoked));
      FULMAR_TRY_VOID(operation.bind(in_seconds(one.completed)).bind(one.outcome).done());
    }
    return {};
  });
}

Result<void> ReportStore::keep(std::int64_t life, const Explanation& explanation) {
  return in_transaction(database_, [&]() -> Result<void> {
    for (const auto* forget : {"DELETE FROM futures WHERE life = ?", "DELETE FROM explanations WHERE life = ?"})
      FULMAR_TRY_VOID(Statement(database_, forget).bind(life).done());
    Statement add(database_, "INSERT INTO explanations VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    add.bind(life).bind(in_seconds(explanation.failure)).bind(std::uint64_t{explanation.steepest});
    add.bind(lines_of(explanation.events)).bind(lines_of(explanation.cone));
    if (const auto& nearest = explanation.nearest) {
      add.bind(nearest->without).bind(nearest->verdict).bind(nearest->same_lines);
      add.bind(lines_of(nearest->failing)).bind(lines_of(nearest->passing));
    } else {
      for (int i = 0; i < 5; ++i) add.bind_null();
    }
    FULMAR_TRY_VOID(add.done());
    Statement future(database_, "INSERT INTO futures VALUES(?, ?, ?, ?, ?)");
    for (const auto& moment : explanation.curve) {
      future.bind(life).bind(moment.event).bind(in_seconds(moment.at)).bind(moment.lives).bind(moment.failed);
      FULMAR_TRY_VOID(future.done());
    }
    return {};
  });
}

Result<std::vector<FoundLife>> ReportStore::findings() {
  std::vector<FoundLife> all;
  Statement rows(
      database_,
      "SELECT f.life, f.signature, b.build, l.hash, p.plan, r.life FROM findings f JOIN lives l ON l.id = f.life"
      " JOIN campaigns c ON c.id = l.campaign LEFT JOIN builds b ON b.id = c.build"
      " LEFT JOIN plans p ON p.life = f.life LEFT JOIN recordings r ON r.life = f.life"
      " ORDER BY f.lives DESC, f.signature");
  for (;;) {
    FULMAR_TRY(auto more, rows.row());
    if (!more) return all;
    all.push_back({.id = rows.integer(0),
                   .signature = rows.text(1),
                   .build = rows.text(2),
                   .hash = std::strtoull(rows.text(3).c_str(), nullptr, 16),
                   .plan = rows.text(4),
                   .recorded = !rows.is_null(5)});
  }
}

}  // namespace fulmar
