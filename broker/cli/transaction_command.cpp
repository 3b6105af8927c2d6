#include "broker/cli/transaction_command.h"

#include <set>

#include "broker/cli/client_command.h"
#include "broker/cli/described.h"
#include "broker/client/transaction_admin.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;
using Arguments = std::vector<std::string>;

int list(const Arguments& arguments) {
  TransactionFilter filter;
  ClientCommand command("transaction list", "", "Lists the transactional ids, and what becomes of their transactions.");
  auto add = command.options();
  add("state", po::value(&filter.states)->composing()->value_name("STATE"),
      "only those in this state, such as Ongoing; may be given again");
  add("open-for-ms", po::value(&filter.open_ms_min)->value_name("MS"), "only those that are open for longer than that");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY(auto transactions, list_transactions(cluster, filter));
    Table table({"ID", "PRODUCER-ID#", "STATE"});
    for (const auto& [id, one] : transactions) table.add({id, std::to_string(one.producer_id), one.transaction_state});
    return command.print(table);
  });
}

struct Described {
  DescribeTransactionsResponse::Transaction transaction;
  std::set<std::string> errors;  // everything is known, or nothing
};

Json as_json(const Described& described) {
  const auto& one = described.transaction;
  Json json;
  json["id"] = one.transactional_id;
  json["state"] = one.transaction_state;
  json["producer_id"] = one.producer_id;
  json["producer_epoch"] = one.producer_epoch;
  json["timeout_ms"] = one.transaction_timeout_ms;
  json["started_ms"] = one.transaction_start_time_ms;
  json["partitions"] = Json::array();
  for (const auto& topic : one.topics)
    for (auto partition : topic.partitions)
      json["partitions"].push_back(Json{{"topic", topic.name}, {"partition", partition}});
  return json;
}

std::string as_text(const Described& described) {
  const auto& one = described.transaction;
  Table about;
  about.add({"id", one.transactional_id});
  about.add({"state", one.transaction_state});
  about.add({"producer", std::to_string(one.producer_id) + " epoch " + std::to_string(one.producer_epoch)});
  about.add({"timeout ms", std::to_string(one.transaction_timeout_ms)});
  about.add({"started ms", std::to_string(one.transaction_start_time_ms)});
  Table partitions({"TOPIC", "PARTITION#"});
  for (const auto& topic : one.topics)
    for (auto partition : topic.partitions) partitions.add({topic.name, std::to_string(partition)});
  return about.text() + "\n" + partitions.text();
}

int describe(const Arguments& arguments) {
  ClientCommand command("transaction describe", "ID...",
                        "Shows what a transactional id's last transaction is, and the partitions that it writes to.");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    return print_described(command, [&](const std::string& id) -> Answer<Described> {
      FULMAR_TRY(auto described, describe_transaction(cluster, id));
      return Described{std::move(described), {}};
    });
  });
}

int abort(const Arguments& arguments) {
  ClientCommand command("transaction abort", "ID...",
                        "Aborts the transactions that are open, and shuts out their producers.");
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    for (const auto& id : command.operands()) {
      FULMAR_TRY_VOID(or_in_doubt(abort_transaction(cluster, id), "transaction describe " + id));
      FULMAR_TRY_VOID(print("aborted what was open of " + id + "\n"));
    }
    return {};
  });
}

}  // namespace

int transaction_command(const std::vector<std::string>& arguments) {
  return run_subcommand("transaction",
                        {{"list", "list [--state STATE]... [--open-for-ms MS]", list},
                         {"describe", "describe ID...", describe},
                         {"abort", "abort ID...", abort}},
                        arguments);
}

}  // namespace fulmar
