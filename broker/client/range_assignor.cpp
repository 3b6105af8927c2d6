#include "broker/client/range_assignor.h"

#include <algorithm>
#include <tuple>

namespace fulmar {

std::map<std::string, std::vector<PartitionName>> assign_ranges(
    std::vector<RangeSubscriber> subscribers, const std::map<std::string, std::int32_t>& partition_counts) {
  std::ranges::sort(subscribers, {}, [](const RangeSubscriber& one) {
    return std::tuple(!one.instance_id, one.instance_id.value_or(one.member_id));
  });
  std::map<std::string, std::vector<std::string>> consumers;  // members that subscribe to a topic, in order
  std::map<std::string, std::vector<PartitionName>> shares;
  for (auto& subscriber : subscribers) {
    shares[subscriber.member_id];
    std::ranges::sort(subscriber.topics);
    auto repeated = std::ranges::unique(subscriber.topics);
    subscriber.topics.erase(repeated.begin(), repeated.end());
    for (const auto& topic : subscriber.topics) consumers[topic].push_back(subscriber.member_id);
  }
  for (const auto& [topic, members] : consumers) {
    auto found = partition_counts.find(topic);
    if (found == partition_counts.end()) continue;
    auto count = static_cast<std::int32_t>(members.size());
    auto each = found->second / count;
    auto larger = found->second % count;  // so many members get one more
    std::int32_t next = 0;
    for (std::int32_t n = 0; n < count; ++n)
      for (auto end = next + each + (n < larger ? 1 : 0); next < end; ++next)
        shares[members[static_cast<std::size_t>(n)]].emplace_back(topic, next);
  }
  return shares;
}

}  // namespace fulmar
