#include "scenarios/real/history_lines.h"

#include <nlohmann/json.hpp>
#include <string>

#include "checkers/values.h"

namespace fulmar {

namespace {

using Json = nlohmann::json;

// librdkafka sends a commit again over a new connection when it gives one up. TCP may still deliver the first one
// later, after other commits; coordinators accept it if the member has had the partition all the time (KIP-1251).
constexpr Duration sent_once_max = seconds(1);

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

void process(const Json& line, History& history) {
  history.group_processings.push_back(
      {line.at("processed"), line.at("partition"), line.at("first"), line.at("last"), instant(line.at("at"))});
}

// What later lines refer to by number: places in the history.
using Places = std::map<std::uint64_t, std::size_t>;

Result<std::size_t> place_of(const Json& number, const Places& places) {
  auto at = places.find(number.get<std::uint64_t>());
  if (at == places.end()) return fail(Errc::invalid_argument, "nothing has begun with this number");
  return at->second;
}

Result<void> remember(const Json& number, std::size_t place, Places& places) {
  if (places.emplace(number.get<std::uint64_t>(), place).second) return {};
  return fail(Errc::invalid_argument, "the number has been used before");
}

Result<void> commit(const Json& line, Places& commits, History& history) {
  FULMAR_TRY_VOID(remember(line.at("commit"), history.group_commits.size(), commits));
  GroupCommit commit;
  commit.group = line.at("group");
  commit.member = line.at("member");
  commit.partition = line.at("partition");
  commit.offset = line.at("offset");
  commit.invoked = instant(line.at("at"));
  commit.outcome = Outcome::unknown;
  history.group_commits.push_back(std::move(commit));
  return {};
}

Result<void> acknowledge(const Json& line, const Places& commits, History& history) {
  FULMAR_TRY(auto place, place_of(line.at("commit-ok"), commits));
  auto& commit = history.group_commits[place];
  auto sent_before = commit;
  commit.outcome = Outcome::ok;
  commit.completed = instant(line.at("at"));
  if (commit.completed - commit.invoked > sent_once_max) history.group_commits.push_back(std::move(sent_before));
  return {};
}

void take_over(const Json& line, History& history) {
  history.take_overs.push_back({line.at("take-over"), line.at("epoch"), instant(line.at("at"))});
}

Result<void> begin_transaction(const Json& line, Places& transactions, History& history) {
  FULMAR_TRY_VOID(remember(line.at("transaction"), history.transactions.size(), transactions));
  PipedTransaction transaction;
  transaction.number = line.at("transaction");
  transaction.transactional_id = line.at("id");
  transaction.epoch = line.at("epoch");
  history.transactions.push_back(std::move(transaction));
  return {};
}

Result<void> pass(const Json& line, const Places& transactions, History& history) {
  FULMAR_TRY_VOID(place_of(line.at("passed"), transactions));
  CommittedRead read;
  FULMAR_TRY(read.from, partition_of(line, history));
  read.completed = instant(line.at("at"));
  read.position = line.at("position");
  read.transaction = line.at("passed");
  for (const auto& offset : line.at("offsets")) read.records.push_back({.offset = offset.get<Offset>()});
  history.committed_reads.push_back(std::move(read));
  return {};
}

Result<void> end_transaction(const Json& line, const Places& transactions, History& history) {
  FULMAR_TRY(auto place, place_of(line.at("end"), transactions));
  history.transactions[place].records = line.at("records");
  history.transactions[place].commit_invoked = instant(line.at("at"));
  return {};
}

Result<void> ended(const Json& line, const char* how, Outcome outcome, const Places& transactions, History& history) {
  FULMAR_TRY(auto place, place_of(line.at(how), transactions));
  history.transactions[place].outcome = outcome;
  history.transactions[place].completed = instant(line.at("at"));
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

struct Begun {
  Sends sends;
  Places commits;
  Places transactions;
};

Result<void> add_of_group(const Json& line, Begun& begun, History& history) {
  auto& transactions = begun.transactions;
  if (line.contains("commit")) return commit(line, begun.commits, history);
  if (line.contains("commit-ok")) return acknowledge(line, begun.commits, history);
  if (line.contains("transaction")) return begin_transaction(line, transactions, history);
  if (line.contains("passed")) return pass(line, transactions, history);
  if (line.contains("end")) return end_transaction(line, transactions, history);
  if (line.contains("committed")) return ended(line, "committed", Outcome::ok, transactions, history);
  if (line.contains("aborted")) return ended(line, "aborted", Outcome::failed, transactions, history);
  if (line.contains("processed"))
    process(line, history);
  else if (line.contains("take-over"))
    take_over(line, history);
  else
    return fail(Errc::invalid_argument, "nothing that a client does");
  return {};
}

Result<void> add(const Json& line, Begun& begun, History& history) {
  auto& sends = begun.sends;
  if (line.contains("invoke")) return invoke(line, sends, history);
  if (line.contains("ok")) return complete(line, "ok", Outcome::ok, sends, history);
  if (line.contains("failed")) return complete(line, "failed", Outcome::failed, sends, history);
  if (line.contains("unknown")) return complete(line, "unknown", Outcome::unknown, sends, history);
  if (line.contains("read")) return read(line, history);
  return add_of_group(line, begun, history);
}

}  // namespace

Result<void> read_history_lines(std::istream& lines, History& history) {
  Begun begun;
  for (std::size_t i = 0; i < history.sends.size(); ++i) begun.sends.emplace(history.sends[i].first_value, i);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    auto wrong = [&](const std::string& why) {
      return fail(Errc::invalid_argument, "line " + std::to_string(number) + ": " + why + ": " + line);
    };
    try {
      auto added = add(Json::parse(line), begun, history);
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
