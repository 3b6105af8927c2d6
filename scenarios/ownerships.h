// Ownerships: the partitions that one member of a consumer group (KIP-848) has, as spans of time in the history. A span
// ends when the member gives the partition up, or when its session may have ended without its knowing; also if the life
// ends before the member does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "runtime/base/time.h"
#include "scenarios/workload.h"

namespace fulmar {

class Ownerships {
 public:
  Ownerships(Workload& workload, std::string group) : workload_(workload), group_(std::move(group)) {}

  // A heartbeat, or a request that counts as one, was sent at `asked` and answered.
  void heard(Instant asked);
  // Gives up what is not wanted, and begins with what is new. Returns how many partitions were given up.
  std::size_t change_to(const std::set<std::int32_t>& wanted, const std::string& member, Instant now);
  void give_up_all(Instant at);

  bool empty() const { return spans_.empty(); }
  std::set<std::int32_t> partitions() const;

 private:
  void give_up(std::int32_t partition, Instant at);
  Instant session_end() const;

  Workload& workload_;
  const std::string group_;
  std::map<std::int32_t, std::size_t> spans_;  // by partition: the index of its span in the history
  Instant heard_;                              // when the last heartbeat with a response was sent
};

}  // namespace fulmar
