#include "broker/cli/quota_command.h"

#include <array>
#include <charconv>

#include "broker/cli/client_command.h"
#include "broker/client/quota_admin.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;

// The options that say whom a quota is for.
class EntityOptions {
 public:
  explicit EntityOptions(ClientCommand& command) : command_(command) {
    auto add = command.options();
    for (const auto& part : parts) {
      add(part.option, po::value<std::string>()->value_name("NAME"), part.what);
      add(part.default_option, po::bool_switch(), part.default_what);
    }
  }
  // Returns what is wrong with them.
  std::optional<std::string> read() {
    for (const auto& part : parts) {
      bool named = command_.given(part.option);
      bool is_default = command_.get<bool>(part.default_option);
      if (named && is_default)
        return "--" + std::string(part.option) + " and --" + part.default_option + " exclude each other";
      if (named)
        entity.emplace(part.type, command_.get<std::string>(part.option));
      else if (is_default)
        entity.emplace(part.type, std::nullopt);
    }
    if (entity.contains(std::string(quota_of_ip)) && entity.size() > 1)
      return "a quota is for an address, or for users and clients";
    return std::nullopt;
  }

  QuotaEntity entity;

 private:
  struct Part {
    std::string_view type;
    const char* option;
    const char* what;
    const char* default_option;
    const char* default_what;
  };
  static constexpr std::array<Part, 3> parts{
      {{quota_of_user, "user", "of the user with that name", "user-default", "of each user without one of its own"},
       {quota_of_client, "client", "of clients with that client id", "client-default",
        "of each client id without one of its own"},
       {quota_of_ip, "ip", "of the address", "ip-default", "of each address without one of its own"}}};

  ClientCommand& command_;
};

constexpr const char* needs_somebody = "--user, --client or --ip is needed, or --user-default and so on";

std::optional<double> parse_rate(std::string_view text) {
  double rate = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return rate;
}

// Without an exponent or needless zeros.
std::string text_of(double rate) {
  std::array<char, 400> text{};
  auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), rate, std::chars_format::fixed);
  return error == std::errc() ? std::string(text.data(), end) : std::to_string(rate);
}

int list(const std::vector<std::string>& arguments) {
  ClientCommand command("quota list", "", "Lists client quotas: all, or those of some users, clients or addresses.");
  EntityOptions options(command);
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  if (auto wrong = options.read()) return command.wrong(*wrong);
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY(auto found, client_quotas(cluster, options.entity));
    Table table({"USER", "CLIENT", "IP", "QUOTA", "RATE#"});
    for (const auto& [entity, values] : found) {
      auto part = [&](std::string_view type) {
        auto named = entity.find(std::string(type));
        return named == entity.end() ? std::string() : named->second.value_or("(default)");
      };
      for (const auto& [key, rate] : values)
        table.add({part(quota_of_user), part(quota_of_client), part(quota_of_ip), key, text_of(rate)});
    }
    return command.print(table);
  });
}

int change(ClientCommand& command, const EntityOptions& options, const QuotaChanges& changes) {
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY_VOID(alter_client_quotas(cluster, options.entity, changes));
    return print("altered the quotas of " + to_string(options.entity) + "\n");
  });
}

int set(const std::vector<std::string>& arguments) {
  ClientCommand command(
      "quota set", "QUOTA=RATE...",
      "Sets client quotas: producer_byte_rate, consumer_byte_rate (bytes a second, on each broker),\n"
      "controller_mutation_rate (partitions made or deleted a second), connection_creation_rate (of an\n"
      "address). The most specific one applies: of a user with a client id, of a user, of a client id.");
  EntityOptions options(command);
  if (auto code = command.parse(arguments)) return *code;
  if (auto wrong = options.read()) return command.wrong(*wrong);
  if (options.entity.empty()) return command.wrong(needs_somebody);
  QuotaChanges changes;
  for (const auto& text : command.operands()) {
    auto equals = text.find('=');
    auto rate = equals == std::string::npos ? std::nullopt : parse_rate(std::string_view(text).substr(equals + 1));
    if (equals == 0 || !rate) return command.wrong(text + ": expected QUOTA=RATE");
    if (auto sound = check_quota(options.entity, text.substr(0, equals), *rate); !sound)
      return command.wrong(text + ": " + sound.error().detail);
    if (!changes.emplace(text.substr(0, equals), *rate).second) return command.wrong(text + ": given twice");
  }
  return change(command, options, changes);
}

int remove(const std::vector<std::string>& arguments) {
  ClientCommand command("quota remove", "QUOTA...", "Removes client quotas of a user, a client id or an address.");
  EntityOptions options(command);
  if (auto code = command.parse(arguments)) return *code;
  if (auto wrong = options.read()) return command.wrong(*wrong);
  if (options.entity.empty()) return command.wrong(needs_somebody);
  QuotaChanges changes;
  for (const auto& key : command.operands()) {
    if (!quota_kind(key)) return command.wrong(key + ": there is no such quota");
    if (!changes.emplace(key, std::nullopt).second) return command.wrong(key + ": given twice");
  }
  return change(command, options, changes);
}

}  // namespace

int quota_command(const std::vector<std::string>& arguments) {
  return run_subcommand("quota",
                        {{"list", "list [--user NAME] [--client NAME] [--ip NAME]", list},
                         {"set", "set --user NAME|--client NAME|--ip NAME QUOTA=RATE...", set},
                         {"remove", "remove --user NAME|--client NAME|--ip NAME QUOTA...", remove}},
                        arguments);
}

}  // namespace fulmar
