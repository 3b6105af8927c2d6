#include "scenarios/ownerships.h"

#include <algorithm>

#include "scenarios/consumer_sessions.h"

namespace fulmar {

void Ownerships::heard(Instant asked) {
  heard_ = asked;
  for (const auto& [partition, span] : spans_) workload_.history.group_ownerships[span].until = session_end();
}

std::size_t Ownerships::change_to(const std::set<std::int32_t>& wanted, const std::string& member, Instant now) {
  std::size_t given_up = 0;
  for (auto partition : partitions()) {
    if (wanted.contains(partition)) continue;
    give_up(partition, now);
    ++given_up;
  }
  for (auto partition : wanted) {
    if (!spans_.try_emplace(partition, workload_.history.group_ownerships.size()).second) continue;
    workload_.history.group_ownerships.push_back({group_, member, partition, now, session_end()});
  }
  return given_up;
}

void Ownerships::give_up_all(Instant at) {
  for (auto partition : partitions()) give_up(partition, at);
}

std::set<std::int32_t> Ownerships::partitions() const {
  std::set<std::int32_t> partitions;
  for (const auto& [partition, span] : spans_) partitions.insert(partition);
  return partitions;
}

void Ownerships::give_up(std::int32_t partition, Instant at) {
  auto span = spans_.find(partition);
  workload_.history.group_ownerships[span->second].until = std::min(at, session_end());
  spans_.erase(span);
}

// Its partitions can't be assigned to others before its session has ended, also by the coordinator's clock.
Instant Ownerships::session_end() const {
  return heard_ + consumer_session_timeout * 8 / 10;
}

}  // namespace fulmar
