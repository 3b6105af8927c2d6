#include "broker/server/shard/image_topics.h"

#include <algorithm>

namespace fulmar {

std::optional<GroupTopics::Topic> ImageTopics::find(const std::string& name) const {
  const auto* there = image_->topic(name);
  if (!there) return std::nullopt;
  Topic topic{there->id, {there->partition_count(), {}}};
  bool racks = std::ranges::any_of(image_->brokers, [](const auto& broker) { return broker.second.rack.has_value(); });
  if (!racks) return topic;
  for (const auto& partition : there->partitions) {
    auto& known = topic.shape.racks.emplace_back();
    for (const auto& replica : partition.replicas)
      if (auto broker = image_->brokers.find(replica.broker); broker != image_->brokers.end() && broker->second.rack)
        known.insert(*broker->second.rack);
  }
  return topic;
}

bool ImageTopics::may_describe(const Asker& asker, const std::string& topic) const {
  auto principal = parse_principal(asker.principal);
  if (!principal) return false;
  // The address as Kafka prints it: "/10.0.0.1".
  auto host = asker.host.starts_with('/') ? asker.host.substr(1) : asker.host;
  return Authorizer(settings_, image_->acls, *principal, std::move(host))
      .allows(AclOperation::describe, AclResourceType::topic, topic);
}

std::vector<std::string> ImageTopics::names_after(const std::string& name, std::size_t limit) const {
  std::vector<std::string> names;
  auto entry = !name.empty() && name == last_name_ ? last_ : image_->topics.begin();
  for (; entry != image_->topics.end() && entry->first <= name; ++entry) {
  }
  for (; entry != image_->topics.end() && names.size() < limit; ++entry) names.push_back(entry->first);
  if (!names.empty()) {
    last_name_ = names.back();
    last_ = entry;
  }
  return names;
}

}  // namespace fulmar
