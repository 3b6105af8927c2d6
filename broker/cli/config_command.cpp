#include "broker/cli/config_command.h"

#include "broker/cli/client_command.h"
#include "broker/cli/table.h"
#include "broker/client/config_admin.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;

// The options that set and remove properties.
struct ChangeOptions {
  explicit ChangeOptions(ClientCommand& command) {
    auto add = command.options();
    add("set", po::value(&set)->composing()->value_name("NAME=VALUE"), "a property's new value; may be given again");
    add("unset", po::value(&unset)->composing()->value_name("NAME"),
        "a property that is to be what it is where nothing is set; may be given again");
  }
  // Returns what is wrong with them.
  std::optional<std::string> read() {
    for (const auto& text : set) {
      auto equals = text.find('=');
      if (equals == 0 || equals == std::string::npos) return "--set " + text + ": expected NAME=VALUE";
      if (!changes.emplace(text.substr(0, equals), text.substr(equals + 1)).second)
        return "--set " + text + ": given twice";
    }
    for (const auto& name : unset)
      if (!changes.emplace(name, std::nullopt).second) return "--unset " + name + ": given twice, or set as well";
    return std::nullopt;
  }

  std::vector<std::string> set;
  std::vector<std::string> unset;
  ConfigChanges changes;
};

}  // namespace

int topic_alter_command(const std::vector<std::string>& arguments) {
  ClientCommand command("topic alter", "NAME", "Changes a topic's properties. It takes effect at once.");
  ChangeOptions options(command);
  if (auto code = command.parse(arguments)) return *code;
  if (auto wrong = options.read()) return command.wrong(*wrong);
  if (options.changes.empty()) return command.wrong("nothing to change: --set NAME=VALUE or --unset NAME is needed");
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY_VOID(alter_topic_configs(cluster, command.operand(), options.changes));
    return print("altered topic " + command.operand() + "\n");
  });
}

int group_config_command(const std::vector<std::string>& arguments) {
  ClientCommand command(
      "group config", "NAME",
      "Shows the properties of a consumer group, the value that wins first; or changes them. It takes\n"
      "effect at once.");
  ChangeOptions options(command);
  if (auto code = command.parse(arguments)) return *code;
  if (auto wrong = options.read()) return command.wrong(*wrong);
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    if (!options.changes.empty()) {
      FULMAR_TRY_VOID(alter_group_configs(cluster, command.operand(), options.changes));
      return print("altered the configuration of group " + command.operand() + "\n");
    }
    FULMAR_TRY(auto set, group_configs(cluster, command.operand()));
    Table table({"PROPERTY", "VALUE", "SET-FOR"});
    for (const auto& config : set) table.add({config.name, config.value, config.from});
    return print(table.text());
  });
}

int cluster_config_command(const std::vector<std::string>& arguments) {
  std::int32_t broker = -1;
  ClientCommand command("cluster config", "",
                        "Shows the properties that are set for all brokers while they run, or all that are set for\n"
                        "one broker, the value that wins first; or changes them. It takes effect at once.");
  command.options()("broker", po::value(&broker)->value_name("BROKER"), "of this broker (of all brokers)");
  ChangeOptions options(command);
  if (auto code = command.parse(arguments)) return *code;
  if (auto wrong = options.read()) return command.wrong(*wrong);
  if (command.given("broker") && broker < 0) return command.wrong("--broker must be a broker's number");
  auto which = command.given("broker") ? std::optional(broker) : std::nullopt;
  auto whose = which ? "broker " + std::to_string(broker) : std::string("all brokers");
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    if (!options.changes.empty()) {
      FULMAR_TRY_VOID(alter_broker_configs(cluster, which, options.changes));
      return print("altered the configuration of " + whose + "\n");
    }
    FULMAR_TRY(auto set, broker_configs(cluster, which));
    Table table({"PROPERTY", "VALUE", "SET-FOR"});
    for (const auto& config : set) table.add({config.name, config.value, config.from});
    return print(table.text());
  });
}

int cluster_log_levels_command(const std::vector<std::string>& arguments) {
  std::int32_t broker = -1;
  ClientCommand command("cluster log-levels", "",
                        "Shows from which level on each component of a broker logs, or changes it until the broker\n"
                        "stops. A component without a level of its own (--unset) has that of root.");
  command.options()("broker", po::value(&broker)->value_name("BROKER"), "of this broker; needed");
  ChangeOptions options(command);
  if (auto code = command.parse(arguments)) return *code;
  if (auto wrong = options.read()) return command.wrong(*wrong);
  if (broker < 0) return command.wrong("--broker BROKER is needed: each has levels of its own");
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    if (!options.changes.empty()) {
      FULMAR_TRY_VOID(alter_log_levels(cluster, broker, options.changes));
      return print("altered the log levels of broker " + std::to_string(broker) + "\n");
    }
    FULMAR_TRY(auto levels, log_levels(cluster, broker));
    Table table({"COMPONENT", "LEVEL"});
    for (const auto& [component, level] : levels) table.add({component, level});
    return print(table.text());
  });
}

}  // namespace fulmar
