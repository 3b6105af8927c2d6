#include "broker/cli/clients_command.h"

#include "broker/cli/client_command.h"
#include "broker/client/client_requests.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;

// No client can have such a name: KIP-511 has no parentheses.
constexpr const char* unnamed = "(unknown)";
constexpr const char* others = "(others)";

std::string api_name(std::int16_t key) {
  const auto* api = declared_api(key);
  return api ? api->name : std::to_string(key);
}

void add(Table& table, const std::map<ClientRequestKind, std::int64_t>& requests, const std::string& nameless) {
  for (const auto& [kind, count] : requests)
    table.add({kind.software_name.empty() ? nameless : kind.software_name, kind.software_version,
               api_name(kind.api_key), std::to_string(kind.api_version), std::to_string(count)});
}

}  // namespace

int clients_command(const std::vector<std::string>& arguments) {
  std::int32_t broker = -1;
  ClientCommand command("cluster clients", "",
                        "Shows the software of the cluster's clients as they name it, and how many requests of each\n"
                        "API and version the brokers have answered to it since they started.");
  command.options()("broker", po::value(&broker)->value_name("BROKER"), "counted by this broker (by all together)");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  if (command.given("broker") && broker < 0) return command.wrong("--broker must be a broker's number");
  auto which = command.given("broker") ? std::optional(broker) : std::nullopt;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY(auto requests, client_requests(cluster, which));
    Table table({"CLIENT", "VERSION", "API", "API-VERSION#", "REQUESTS#"});
    add(table, requests.by_kind, unnamed);
    add(table, requests.others, others);
    return command.print(table);
  });
}

}  // namespace fulmar
