#include "campaign/life_record.h"

#include <nlohmann/json.hpp>

namespace fulmar {

namespace {

using nlohmann::ordered_json;

std::int64_t in_us(Instant at) {
  return at.ns / 1000;
}

}  // namespace

std::string record_to_json(const std::string& plan, const LifeRecord& record) {
  ordered_json json;
  json["plan"] = ordered_json::parse(plan);
  auto& operations = json["operations"] = ordered_json::array();
  for (const auto& operation : record.operations) {
    auto& one = operations.emplace_back();
    one["client"] = operation.client;
    one["what"] = operation.what;
    one["invoked_us"] = in_us(operation.invoked);
    if (operation.completed != Instant::max()) one["completed_us"] = in_us(operation.completed);
    one["outcome"] = operation.outcome;
  }
  auto& events = json["events"] = ordered_json::array();
  for (const auto& event : record.events) events.push_back({{"at_us", in_us(event.at)}, {"what", event.what}});
  // What is logged may hold bytes that are no UTF-8.
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace fulmar
