#include "broker/cli/acl_options.h"

#include <utility>

namespace fulmar {

namespace {

namespace po = boost::program_options;

struct Resource {
  AclResourceType type;
  std::string name;
};

struct Need {
  AclResourceType type;
  AclOperation operation;
};
// What kafka-acls gives producers and consumers.
constexpr Need of_producers[] = {{AclResourceType::topic, AclOperation::write},
                                 {AclResourceType::topic, AclOperation::describe},
                                 {AclResourceType::topic, AclOperation::create},
                                 {AclResourceType::transactional_id, AclOperation::write},
                                 {AclResourceType::transactional_id, AclOperation::describe}};
constexpr Need of_consumers[] = {{AclResourceType::topic, AclOperation::read},
                                 {AclResourceType::topic, AclOperation::describe},
                                 {AclResourceType::group, AclOperation::read}};

std::unexpected<Error> wrong(std::string why) {
  return fail(Errc::invalid_argument, std::move(why));
}

auto words(std::vector<std::string>& into, const char* name) {
  return po::value(&into)->composing()->value_name(name);
}

std::vector<Resource> resources_of(const AclOptions& options) {
  std::vector<Resource> resources;
  auto add = [&](AclResourceType type, const std::vector<std::string>& names) {
    for (const auto& name : names) resources.push_back({type, name});
  };
  add(AclResourceType::topic, options.topics);
  add(AclResourceType::group, options.groups);
  if (options.cluster) resources.push_back({AclResourceType::cluster, std::string(acl_cluster_name)});
  add(AclResourceType::transactional_id, options.transactional_ids);
  add(AclResourceType::user, options.users);
  return resources;
}

Result<AclPatternType> pattern_of(const AclOptions& options, bool of_filter) {
  auto pattern = parse_acl_pattern_type(options.pattern);
  const bool named = pattern == AclPatternType::literal || pattern == AclPatternType::prefixed;
  if (pattern && (named || of_filter)) return *pattern;
  return wrong("--resource-pattern-type must be literal or prefixed" +
               std::string(of_filter ? ", or to find entries any or match" : "") + ", not " + options.pattern);
}

// For one type of resource.
Result<std::vector<AclOperation>> operations_on(const AclOptions& options, AclResourceType type) {
  std::vector<AclOperation> operations;
  auto take = [&](const auto& needs) {
    for (const auto& need : needs)
      if (need.type == type) operations.push_back(need.operation);
  };
  if (options.producer) take(of_producers);
  if (options.consumer) take(of_consumers);
  if (options.idempotent && type == AclResourceType::cluster) operations.push_back(AclOperation::idempotent_write);
  if (options.producer || options.consumer) return operations;
  for (const auto& name : options.operations) {
    auto operation = parse_acl_operation(name);
    if (!operation || *operation == AclOperation::any) return wrong("--operation: there is no operation " + name);
    operations.push_back(*operation);
  }
  if (operations.empty()) operations.push_back(AclOperation::all);
  return operations;
}

Result<void> check_convenience(const AclOptions& options) {
  if (options.idempotent && !options.producer) return wrong("--idempotent goes with --producer");
  if (!options.producer && !options.consumer) return {};
  if (!options.operations.empty()) return wrong("--operation does not go with --producer or --consumer, which say it");
  if (!options.denied.empty()) return wrong("--producer and --consumer allow: --deny-principal does not go with them");
  if (options.topics.empty()) return wrong("--producer and --consumer need --topic");
  if (options.consumer && options.groups.empty()) return wrong("--consumer needs --group");
  return {};
}

}  // namespace

void AclOptions::add_resources(po::options_description_easy_init add) {
  add("topic", words(topics, "TOPIC"),
      "a topic, * for all; may be given again, as may all options that name something");
  add("group", words(groups, "GROUP"), "a consumer group");
  add("transactional-id", words(transactional_ids, "ID"), "a transactional id");
  add("user", words(users, "PRINCIPAL"), "a user, whose tokens and credentials are meant");
  add("cluster", po::bool_switch(&cluster), "the cluster");
  add("resource-pattern-type", po::value(&pattern)->default_value("literal")->value_name("literal|prefixed|any|match"),
      "whether the names are whole ones, or how they begin; to find entries also any: of either type, or match: all "
      "that "
      "are about what has that name");
}

void AclOptions::add_entries(po::options_description_easy_init add) {
  add("allow-principal", words(allowed, "TYPE:NAME"), "who is allowed it, such as User:alice; User:* is everybody");
  add("deny-principal", words(denied, "TYPE:NAME"), "who is denied it, whatever allows it");
  add("allow-host", words(allowed_hosts, "ADDRESS"), "from where, for those allowed (anywhere)");
  add("deny-host", words(denied_hosts, "ADDRESS"), "from where, for those denied (anywhere)");
  add("operation", words(operations, "OPERATION"), "such as Read, Write, Describe, Create, AlterConfigs (All)");
  add("producer", po::bool_switch(&producer), "what a producer needs: of --topic, and of --transactional-id if given");
  add("consumer", po::bool_switch(&consumer), "what a consumer needs: of --topic and --group");
  add("idempotent", po::bool_switch(&idempotent), "with --producer: idempotence on brokers older than 2.8, too");
}

void AclOptions::add_principals(po::options_description_easy_init add) {
  add("principal", words(principals, "TYPE:NAME"), "only entries of this principal");
}

Result<std::vector<AclBinding>> AclOptions::entries() const {
  FULMAR_TRY_VOID(check_convenience(*this));
  FULMAR_TRY(auto pattern_type, pattern_of(*this, false));
  auto resources = resources_of(*this);
  if (idempotent && !cluster) resources.push_back({AclResourceType::cluster, std::string(acl_cluster_name)});
  if (resources.empty()) return wrong("one of --topic, --group, --cluster, --transactional-id and --user is needed");
  if (allowed.empty() && denied.empty()) return wrong("--allow-principal or --deny-principal is needed");
  if (allowed.empty() && !allowed_hosts.empty()) return wrong("--allow-host goes with --allow-principal");
  if (denied.empty() && !denied_hosts.empty()) return wrong("--deny-host goes with --deny-principal");
  const std::vector<std::string> anywhere{std::string(acl_any)};
  std::vector<AclBinding> acls;
  auto add = [&](const Resource& resource, AclOperation operation, AclPermission permission,
                 const std::vector<std::string>& whom, const std::vector<std::string>& hosts) -> Result<void> {
    for (const auto& principal : whom)
      for (const auto& host : hosts.empty() ? anywhere : hosts) {
        // The cluster has no pattern but its name.
        auto type = resource.type == AclResourceType::cluster ? AclPatternType::literal : pattern_type;
        acls.push_back({resource.type, type, resource.name, principal, host, operation, permission});
        FULMAR_TRY_VOID(check_acl(acls.back()));
      }
    return {};
  };
  for (const auto& resource : resources) {
    FULMAR_TRY(auto which, operations_on(*this, resource.type));
    for (auto operation : which) {
      FULMAR_TRY_VOID(add(resource, operation, AclPermission::allow, allowed, allowed_hosts));
      FULMAR_TRY_VOID(add(resource, operation, AclPermission::deny, denied, denied_hosts));
    }
  }
  return acls;
}

Result<std::vector<AclFilter>> AclOptions::filters() const {
  FULMAR_TRY(auto pattern_type, pattern_of(*this, true));
  std::vector<AclFilter> by_resource;
  for (const auto& resource : resources_of(*this)) {
    AclFilter filter;
    filter.type = resource.type;
    filter.pattern = resource.type == AclResourceType::cluster ? AclPatternType::literal : pattern_type;
    filter.name = resource.name;
    by_resource.push_back(std::move(filter));
  }
  if (by_resource.empty()) by_resource.emplace_back();
  if (principals.empty()) return by_resource;
  std::vector<AclFilter> filters;
  for (const auto& filter : by_resource)
    for (const auto& principal : principals) {
      filters.push_back(filter);
      filters.back().principal = principal;
    }
  return filters;
}

}  // namespace fulmar
