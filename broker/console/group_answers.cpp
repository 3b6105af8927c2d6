#include "broker/client/group_admin.h"
#include "broker/client/group_progress.h"
#include "broker/console/answers.h"
#include "broker/console/json_answer.h"
#include "broker/console/json_values.h"

namespace fulmar {

Answer<std::string> groups_answer(const ConsoleWork& work, const GroupsQuery& query) {
  FULMAR_TRY(auto groups, list_groups(work.cluster));
  const auto total = groups.size();
  std::erase_if(groups, [&](const auto& group) { return !contains_in_any_case(group.first, query.match); });
  JsonAnswer answer(work.answer_bytes_max);
  answer.add("total", total);
  answer.add("matching", groups.size());
  answer.begin_list("groups");
  std::size_t at = 0;
  for (const auto& [name, group] : groups) {
    if (at++ < query.part.from) continue;
    if (at > query.part.from + query.part.count) break;
    answer.item({{"name", name},
                 {"state", group.group_state},
                 {"type", group.group_type},
                 {"protocol_type", group.protocol_type}});
  }
  answer.end_list();
  return answer.finish();
}

Answer<std::string> group_answer(const ConsoleWork& work, const GroupQuery& query) {
  FULMAR_TRY(auto group, group_progress(work.host, work.cluster, query.name));
  Offset lag = 0;
  std::size_t unknown = 0;
  for (const auto& partition : group.partitions) {
    if (auto one = partition.lag())
      lag += *one;
    else
      ++unknown;
  }
  JsonAnswer answer(work.answer_bytes_max);
  answer.add("group", group.id);
  answer.add("state", group.state);
  answer.add("type", group.type);
  answer.add("protocol_type", group.protocol_type);
  answer.add("protocol", group.protocol);
  answer.add("lag", lag);  // of the partitions where it is known
  answer.add("lag_unknown", unknown);
  answer.add("members_total", group.members.size());
  answer.add("partitions_total", group.partitions.size());
  const auto in_part = [&](std::size_t n) { return n >= query.part.from && n - query.part.from < query.part.count; };
  answer.begin_list("partitions");
  for (std::size_t n = 0; n < group.partitions.size(); ++n) {
    if (!in_part(n)) continue;
    const auto& partition = group.partitions[n];
    const auto* reader = partition.reader ? &group.members[*partition.reader] : nullptr;
    answer.item({{"topic", partition.name.first},
                 {"partition", partition.name.second},
                 {"committed", json_or_null(partition.committed)},
                 {"end", json_or_null(partition.end)},
                 {"lag", json_or_null(partition.lag())},
                 {"member", reader ? ConsoleJson(reader->id) : ConsoleJson()}});
  }
  answer.end_list();
  answer.begin_list("members");
  for (std::size_t n = 0; n < group.members.size(); ++n) {
    const auto& member = group.members[n];
    if (in_part(n))
      answer.item({{"id", member.id},
                   {"client", member.client_id},
                   {"host", member.client_host},
                   {"partitions", member.partitions.size()}});
  }
  answer.end_list();
  answer.begin_list("errors");
  for (const auto& error : group.errors) answer.item(error);
  answer.end_list();
  return answer.finish();
}

}  // namespace fulmar
