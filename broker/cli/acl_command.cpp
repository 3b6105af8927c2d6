#include "broker/cli/acl_command.h"

#include <set>

#include "broker/cli/acl_options.h"
#include "broker/cli/client_command.h"
#include "broker/client/acl_admin.h"

namespace fulmar {

namespace {

using Arguments = std::vector<std::string>;

Table table_of(const std::vector<AclBinding>& acls) {
  Table table({"RESOURCE", "PATTERN", "NAME", "PRINCIPAL", "HOST", "OPERATION", "PERMISSION"});
  for (const auto& acl : acls)
    table.add({std::string(to_string(acl.type)), std::string(to_string(acl.pattern)), acl.name, acl.principal, acl.host,
               std::string(to_string(acl.operation)), std::string(to_string(acl.permission))});
  return table;
}

// Each once, in their order.
Answer<std::vector<AclBinding>> find(ClusterClient& cluster, const std::vector<AclFilter>& filters) {
  std::set<AclBinding> found;
  for (const auto& filter : filters) {
    FULMAR_TRY(auto acls, list_acls(cluster, filter));
    found.insert(acls.begin(), acls.end());
  }
  return std::vector(found.begin(), found.end());
}

int list(const Arguments& arguments) {
  AclOptions options;
  ClientCommand command("acl list", "",
                        "Lists the entries of the access control lists: all, or those of the named resources and\n"
                        "principals. An entry of all topics is one of --topic '*'.");
  options.add_resources(command.options());
  options.add_principals(command.options());
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  auto filters = options.filters();
  if (!filters) return command.wrong(filters.error().detail);
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY(auto acls, find(cluster, *filters));
    return command.print(table_of(acls));
  });
}

int add(const Arguments& arguments) {
  AclOptions options;
  ClientCommand command("acl add", "", "Adds entries to the access control lists, and prints them.");
  options.add_resources(command.options());
  options.add_entries(command.options());
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  auto acls = options.entries();
  if (!acls) return command.wrong(acls.error().detail);
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY_VOID(or_in_doubt(add_acls(cluster, *acls), "acl list"));
    return command.print(table_of(*acls));
  });
}

int remove(const Arguments& arguments) {
  AclOptions options;
  bool sure = false;
  ClientCommand command(
      "acl remove", "",
      "Prints the entries that would be removed, and with --yes removes them: exactly those that the options name, as\n"
      "for `fulmar acl add`; or, if the options name neither principals nor operations, all of the named resources.");
  options.add_resources(command.options());
  options.add_entries(command.options());
  command.options()("yes", boost::program_options::bool_switch(&sure), "remove them");
  command.lists();
  if (auto code = command.parse(arguments)) return *code;
  const bool exact = !options.allowed.empty() || !options.denied.empty() || !options.operations.empty() ||
                     !options.allowed_hosts.empty() || !options.denied_hosts.empty() || options.producer ||
                     options.consumer || options.idempotent;
  Result<std::vector<AclFilter>> filters = std::vector<AclFilter>();
  if (exact) {
    auto acls = options.entries();
    if (!acls) return command.wrong(acls.error().detail);
    for (const auto& acl : *acls) filters->push_back(exactly(acl));
  } else {
    filters = options.filters();
    if (!filters) return command.wrong(filters.error().detail);
    if (filters->size() == 1 && !filters->front().name)
      return command.wrong("one of --topic, --group, --cluster, --transactional-id and --user is needed");
  }
  return command.run([&](Host&, ClusterClient& cluster) -> Answer<void> {
    FULMAR_TRY(auto found, find(cluster, *filters));
    if (sure && !found.empty()) {
      std::vector<AclFilter> shown;
      for (const auto& acl : found) shown.push_back(exactly(acl));
      FULMAR_TRY(found, or_in_doubt(remove_acls(cluster, shown), "acl list"));
    }
    FULMAR_TRY_VOID(command.print(table_of(found)));
    if (!sure && !found.empty()) command.tell("nothing is removed without --yes");
    return {};
  });
}

}  // namespace

int acl_command(const std::vector<std::string>& arguments) {
  return run_subcommand(
      "acl",
      {{"list", "list [--topic TOPIC|--group GROUP|...]... [--principal TYPE:NAME]...", list},
       {"add", "add --allow-principal|--deny-principal TYPE:NAME --topic TOPIC|... [--operation ...]", add},
       {"remove", "remove --topic TOPIC|... [--yes]", remove}},
      arguments);
}

}  // namespace fulmar
