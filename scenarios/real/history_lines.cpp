#include "scenarios/real/history_lines.h"

#include <nlohmann/json.hpp>
#include <string>

#include "checkers/values.h"

namespace fulmar {

namespace {

using Json = nlohmann::json;

Instant instant(const Json& ns) {
  return Instant{ns.get<std::int64_t>()};
}

Result<TopicPartition> partition_of(const Json& line, const History& history) {
  TopicPartition tp{line.at("topic"), line.at("partition")};
  if (!history.topics.contains(tp.topic)) return fail(Errc::invalid_argument, "unknown topic " + tp.topic);
  return tp;
}

// The sends of all lines, by the first value.
using Sends = std::map<ValueId, std::size_t>;

Result<void> invoke(const Json& line, Sends& sends, History& history) {
  SendOperation send;
  FULMAR_TRY(send.to, partition_of(line, history));
  send.first_value = line.at("invoke");
  send.producer = line.at("producer");
  send.count = line.at("count");
  send.acks = line.at("acks");
  send.idempotent = line.at("idempotent");
  send.renumbers = line.value("renumbers", false);
  send.invoked = instant(line.at("at"));
  if (!sends.emplace(send.first_value, history.sends.size()).second)
    return fail(Errc::invalid_argument, "value " + std::to_string(send.first_value) + " is invoked twice");
  history.sends.push_back(std::move(send));
  return {};
}

Result<void> complete(const Json& line, const char* how, Outcome outcome, const Sends& sends, History& history) {
  auto at = sends.find(line.at(how).get<ValueId>());
  if (at == sends.end() || history.sends[at->second].outcome != Outcome::pending)
    return fail(Errc::invalid_argument, "no send under way has this value");
  auto& send = history.sends[at->second];
  send.outcome = outcome;
  send.completed = instant(line.at("at"));
  send.base_offset = line.value("offset", Offset{-1});
  return {};
}

Result<void> read(const Json& line, History& history) {
  ReadOperation read;
  FULMAR_TRY(read.from, partition_of(line, history));
  read.consumer = line.at("read");
  read.invoked = instant(line.at("invoked"));
  read.completed = instant(line.at("completed"));
  read.position = line.at("position");
  read.sought = line.at("sought");
  for (const auto& record : line.at("records"))
    read.records.push_back(see_value(record.at(0).get<Offset>(), record.at(1).get_ref<const std::string&>()));
  history.reads.push_back(std::move(read));
  return {};
}

Result<void> add(const Json& line, Sends& sends, History& history) {
  if (line.contains("invoke")) return invoke(line, sends, history);
  if (line.contains("ok")) return complete(line, "ok", Outcome::ok, sends, history);
  if (line.contains("failed")) return complete(line, "failed", Outcome::failed, sends, history);
  if (line.contains("unknown")) return complete(line, "unknown", Outcome::unknown, sends, history);
  if (line.contains("read")) return read(line, history);
  return fail(Errc::invalid_argument, "neither a send nor a read");
}

}  // namespace

Result<void> read_history_lines(std::istream& lines, History& history) {
  Sends sends;
  for (std::size_t i = 0; i < history.sends.size(); ++i) sends.emplace(history.sends[i].first_value, i);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    auto wrong = [&](const std::string& why) {
      return fail(Errc::invalid_argument, "line " + std::to_string(number) + ": " + why + ": " + line);
    };
    try {
      auto added = add(Json::parse(line), sends, history);
      if (!added) return wrong(added.error().detail);
    } catch (const Json::exception& error) {
      return wrong(error.what());
    }
  }
  return {};
}

void place_untold_sends(History& history, Violations& found) {
  std::map<TopicPartition, std::map<ValueId, Offset>> places;
  for (const auto& [tp, final_read] : history.final_reads)
    for (const auto& record : final_read.records) places[tp].emplace(record.value, record.offset);
  for (auto& send : history.sends) {
    if (send.outcome != Outcome::ok || send.acks == 0 || send.base_offset >= 0) continue;
    auto place = places[send.to].find(send.first_value);
    if (place != places[send.to].end()) {
      send.base_offset = place->second;
      continue;
    }
    found.push_back(
        {"durability", "lost-write", to_string(send) + "\nbut its value is not in the final read", send.completed});
    send.outcome = Outcome::unknown;
  }
}

}  // namespace fulmar
