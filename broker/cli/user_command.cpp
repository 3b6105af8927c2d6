#include "broker/cli/user_command.h"

#include <fstream>
#include <iostream>
#include <iterator>

#include "broker/cli/client_command.h"
#include "broker/client/user_admin.h"
#include "broker/security/sasl/scram_credential.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;

constexpr const char* mechanism_names = "SCRAM-SHA-256|SCRAM-SHA-512";

int list_users(const std::vector<std::string>& arguments) {
  ClientCommand command("user list", "[NAME]...",
                        "Lists the SCRAM credentials of these users, or of all: what they may authenticate by, and in\n"
                        "how many iterations it is derived from the password. Neither passwords nor keys are shown.");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    Table table({"USER", "MECHANISM", "ITERATIONS#"});
    auto users = command.operands();
    if (users.empty()) users.emplace_back();
    for (const auto& user : users) {
      FULMAR_TRY(auto credentials, user_credentials(cluster, user));
      for (const auto& [name, mechanism, iterations] : credentials)
        table.add({name, std::string(to_string(mechanism)), std::to_string(iterations)});
    }
    return command.print(table);
  });
}

// One line, from a file or from standard input, since command lines are seen by others.
Result<std::string> read_password(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) return fail(Errc::not_found, "can't read " + path);
  }
  std::string password;
  std::getline(path == "-" ? std::cin : file, password);
  if (password.ends_with('\r')) password.pop_back();
  if (password.empty()) return fail(Errc::invalid_argument, "there is no password in it");
  return password;
}

int set_user(const std::vector<std::string>& arguments) {
  std::string mechanism_name;
  std::string file;
  UserCredential wanted;
  ClientCommand command(
      "user set", "NAME",
      "Makes a user who authenticates with SCRAM, or changes the password. The password is read from\n"
      "a file or standard input, and does not leave this machine: what is sent is derived from it.");
  auto add = command.options();
  add("mechanism", po::value(&mechanism_name)->default_value("SCRAM-SHA-512")->value_name(mechanism_names),
      "what the credential is for; a user may have one of each");
  add("iterations", po::value(&wanted.iterations)->default_value(8192)->value_name("N"),
      "4096 to 16384: how much work it is to try a password out");
  add("password-file", po::value(&file)->default_value("-")->value_name("FILE"),
      "its first line is the password; -: standard input's");
  if (auto code = command.parse(arguments)) return *code;
  auto mechanism = parse_scram_mechanism(mechanism_name);
  if (!mechanism) return command.wrong("--mechanism must be SCRAM-SHA-256 or SCRAM-SHA-512, not " + mechanism_name);
  if (wanted.iterations < scram_iterations_min || wanted.iterations > scram_iterations_max)
    return command.wrong("--iterations must be from 4096 to 16384");
  auto password = read_password(file);
  if (!password) return command.wrong("--password-file " + file + ": " + password.error().detail);
  wanted.user = command.operand();
  wanted.mechanism = *mechanism;
  return command.run([&](Host& host, ClusterClient& cluster) {
    return or_in_doubt(set_password(host, cluster, wanted, *password), "user list");
  });
}

int delete_user(const std::vector<std::string>& arguments) {
  std::string mechanism_name;
  ClientCommand command("user delete", "NAME",
                        "Deletes the SCRAM credentials of a user, or that of one mechanism. Who is connected stays so\n"
                        "until connections.max.reauth.ms.");
  command.options()("mechanism", po::value(&mechanism_name)->value_name(mechanism_names), "only this one");
  if (auto code = command.parse(arguments)) return *code;
  std::vector<ScramMechanism> mechanisms;
  if (!mechanism_name.empty()) {
    auto mechanism = parse_scram_mechanism(mechanism_name);
    if (!mechanism) return command.wrong("--mechanism must be SCRAM-SHA-256 or SCRAM-SHA-512, not " + mechanism_name);
    mechanisms.push_back(*mechanism);
  }
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    auto all = mechanisms;
    if (all.empty()) {
      FULMAR_TRY(auto known, user_credentials(cluster, command.operand()));
      for (const auto& credential : known) all.push_back(credential.mechanism);
    }
    return or_in_doubt(delete_credentials(cluster, command.operand(), all), "user list");
  });
}

}  // namespace

int user_command(const std::vector<std::string>& arguments) {
  return run_subcommand("user",
                        {{"list", "list [NAME]... [OPTIONS]", list_users},
                         {"set", "set NAME [OPTIONS]", set_user},
                         {"delete", "delete NAME [OPTIONS]", delete_user}},
                        arguments);
}

}  // namespace fulmar
