#include "broker/client/acl_admin.h"
#include "broker/client/permissions.h"
#include "broker/console/answers.h"
#include "broker/console/json_answer.h"
#include "broker/console/json_values.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr Duration entry_work = nanoseconds(300);  // of looking at one

ConsoleJson names_of(std::int32_t operations) {
  auto names = ConsoleJson::array();
  for (auto operation :
       {AclOperation::read, AclOperation::write, AclOperation::create, AclOperation::remove, AclOperation::alter,
        AclOperation::describe, AclOperation::describe_configs, AclOperation::alter_configs})
    if (operations & operation_bits({operation})) names.push_back(to_string(operation));
  return names;
}

}  // namespace

Answer<std::string> permissions_answer(const ConsoleWork& work, const PermissionsQuery& query) {
  JsonAnswer answer(work.answer_bytes_max);
  answer.add("changes", work.may_change);
  if (!work.may_change) return answer.finish();
  FULMAR_TRY(auto of_cluster, allowed_on_cluster(work.cluster));
  answer.add("cluster", names_of(of_cluster));
  if (query.topic) {
    FULMAR_TRY(auto of_topic, allowed_on_topic(work.cluster, *query.topic));
    answer.add("topic", names_of(of_topic));
  }
  if (query.group) {
    FULMAR_TRY(auto of_group, allowed_on_group(work.cluster, *query.group));
    answer.add("group", names_of(of_group));
  }
  return answer.finish();
}

Answer<std::string> acls_answer(const ConsoleWork& work, const AclsQuery& query) {
  auto listed = list_acls(work.cluster, {});
  const bool guarded = listed || listed.error().code != ErrorCode::security_disabled;
  if (!listed && guarded) return std::unexpected(listed.error());
  auto all = guarded ? *std::move(listed) : std::vector<AclBinding>();
  JsonAnswer answer(work.answer_bytes_max);
  answer.add("authorizer", guarded);
  answer.add("total", all.size());
  std::erase_if(all, [&](const AclBinding& acl) {
    work_in_slices(entry_work);
    return !contains_in_any_case(acl.name, query.match) && !contains_in_any_case(acl.principal, query.match);
  });
  answer.add("matching", all.size());
  answer.begin_list("acls");
  for (std::size_t n = query.part.from; n < all.size() && n - query.part.from < query.part.count; ++n) {
    const auto& acl = all[n];
    answer.item({{"type", to_string(acl.type)},
                 {"pattern", to_string(acl.pattern)},
                 {"name", acl.name},
                 {"principal", acl.principal},
                 {"host", acl.host},
                 {"operation", to_string(acl.operation)},
                 {"permission", to_string(acl.permission)}});
  }
  answer.end_list();
  return answer.finish();
}

}  // namespace fulmar
