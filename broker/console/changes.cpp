#include "broker/console/changes.h"

#include <algorithm>

namespace fulmar {

namespace {

struct Named {
  std::string_view name;
  Result<ConsoleChange> (*read)(const ChangeBody&);
};

constexpr Named table[] = {{"create-topic", create_topic_change},     {"delete-topic", delete_topic_change},
                           {"add-partitions", add_partitions_change}, {"alter-topic", alter_topic_change},
                           {"elect-leaders", elect_leaders_change},   {"reset-offsets", reset_offsets_change},
                           {"delete-group", delete_group_change},     {"add-acl", add_acl_change},
                           {"remove-acl", remove_acl_change}};

}  // namespace

Result<ConsoleChange> find_change(std::string_view name, std::string_view body) {
  const auto* found = std::ranges::find(table, name, &Named::name);
  if (found == std::end(table)) {
    std::string known;
    for (const auto& one : table) known += (known.empty() ? "" : ", ") + std::string(one.name);
    return fail(Errc::not_found, "there are /console/api/changes/ " + known);
  }
  FULMAR_TRY(auto said, ChangeBody::parse(body));
  return found->read(said);
}

}  // namespace fulmar
