#include "broker/client/offset_reset.h"

#include <algorithm>
#include <charconv>

#include "broker/client/admin.h"
#include "broker/client/consumer.h"

namespace fulmar {

namespace {

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && number >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<ResetTarget> ResetTarget::parse(std::string_view text) {
  constexpr std::string_view time = "time:";
  if (text == "earliest") return ResetTarget{earliest_offset, std::nullopt};
  if (text == "latest") return ResetTarget{latest_offset, std::nullopt};
  const bool of_time = text.starts_with(time);
  if (of_time) text.remove_prefix(time.size());
  auto number = number_of(text);
  if (!number) return std::nullopt;
  return of_time ? ResetTarget{*number, std::nullopt} : ResetTarget{earliest_offset, *number};
}

Answer<GroupOffsets> reset_offsets(ClusterClient& cluster, const std::set<PartitionName>& partitions,
                                   const ResetTarget& target) {
  std::map<std::string, std::vector<std::int32_t>> topics;
  for (const auto& [topic, index] : partitions) topics[topic].push_back(index);
  GroupOffsets offsets;
  for (const auto& [topic, indexes] : topics) {
    FULMAR_TRY(auto ends, list_offsets(cluster, topic, indexes, latest_offset));
    FULMAR_TRY(auto found, list_offsets(cluster, topic, indexes, target.time));
    for (auto index : indexes) {
      auto offset = target.offset
                        ? std::clamp(*target.offset, found.at(index), std::max(found.at(index), ends.at(index)))
                        : found.at(index);
      offsets[{topic, index}] = offset < 0 ? ends.at(index) : offset;
    }
  }
  return offsets;
}

}  // namespace fulmar
