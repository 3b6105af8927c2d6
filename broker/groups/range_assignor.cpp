#include <algorithm>

#include "broker/groups/assignor.h"

namespace fulmar {

Assignments assign_range(const AssignorInput& input) {
  Assignments assignments;
  std::map<Uuid, std::vector<const std::string*>> subscribers;  // in the order of assignment
  std::vector<std::pair<const std::string*, const std::string*>> order;
  for (const auto& [id, member] : input.members) {
    assignments[id];
    order.emplace_back(member.instance_id ? &*member.instance_id : &id, &id);
  }
  // Static members come first, so that their partitions change little when other members join and leave.
  std::ranges::sort(order, [&](const auto& a, const auto& b) {
    bool a_static = input.members.at(*a.second).instance_id.has_value();
    bool b_static = input.members.at(*b.second).instance_id.has_value();
    return std::tuple(!a_static, *a.first, *a.second) < std::tuple(!b_static, *b.first, *b.second);
  });
  for (const auto& [name, id] : order)
    for (const auto& topic : input.members.at(*id).topics)
      if (input.topics.contains(topic)) subscribers[topic].push_back(id);
  for (const auto& [topic, members] : subscribers) {
    auto count = static_cast<std::size_t>(input.topics.at(topic).partitions);
    std::size_t next = 0;
    for (std::size_t n = 0; n < members.size(); ++n) {
      std::size_t length = count / members.size() + (n < count % members.size() ? 1 : 0);
      if (length == 0) break;
      auto& share = assignments[*members[n]][topic];
      for (; length > 0; --length) share.insert(share.end(), static_cast<std::int32_t>(next++));
    }
  }
  return assignments;
}

Assignor find_assignor(std::string_view name) {
  if (name == "uniform") return assign_uniform;
  if (name == "range") return assign_range;
  return nullptr;
}

}  // namespace fulmar
