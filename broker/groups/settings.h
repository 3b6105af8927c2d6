// GroupSettings: the configuration of a group coordinator, with the names and defaults of Kafka 4.4, and the bounds of
// what clients can make it hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/time.h"

namespace fulmar {

// The heartbeat interval and the session timeout of a consumer group's members.
struct ConsumerTimes {
  milliseconds heartbeat_interval;
  milliseconds session_timeout;

  bool operator==(const ConsumerTimes&) const = default;
};

struct GroupSettings {
  milliseconds session_timeout_min{6'000};                 // group.min.session.timeout.ms
  milliseconds session_timeout_max{1'800'000};             // group.max.session.timeout.ms
  milliseconds initial_rebalance_delay{3'000};             // group.initial.rebalance.delay.ms
  std::size_t group_size_max = 2'147'483'647;              // group.max.size
  std::size_t offset_metadata_max = 4'096;                 // offset.metadata.max.bytes
  milliseconds offsets_retention{7LL * 24 * 3600 * 1000};  // offsets.retention.minutes
  milliseconds offsets_retention_check_interval{600'000};  // offsets.retention.check.interval.ms
  milliseconds commit_timeout{5'000};                      // offsets.commit.timeout.ms
  // For consumer groups (KIP-848).
  milliseconds consumer_session_timeout{45'000};        // group.consumer.session.timeout.ms
  milliseconds consumer_heartbeat_interval{5'000};      // group.consumer.heartbeat.interval.ms
  milliseconds consumer_assignment_interval{1'000};     // group.consumer.assignment.interval.ms
  std::size_t consumer_group_size_max = 2'147'483'647;  // group.consumer.max.size
  // By group id, for groups that have configurations of their own. May be null: there are none.
  std::shared_ptr<const std::map<std::string, ConsumerTimes>> consumer_times;
  std::vector<std::string> consumer_assignors = {"uniform", "range"};  // group.consumer.assignors, the default first
  // group.consumer.migration.policy: what a group with members may become.
  bool consumer_upgrade = true;    // a classic group may become a consumer group
  bool consumer_downgrade = true;  // a consumer group may become a classic group

  // How long a new member may wait in JoinGroup: it has no session yet, so its client may be gone (not configurable in
  // Kafka).
  milliseconds new_member_join_timeout{300'000};
  // Clients of one group that were given a member id and have not joined with it: each takes memory for a session
  // timeout. Further ones are answered COORDINATOR_NOT_AVAILABLE.
  std::size_t pending_members_max = 50'000;
  // The bytes of uncommitted records. Beyond, members that join or assign, heartbeats of consumer groups, and commits
  // are answered COORDINATOR_NOT_AVAILABLE.
  std::size_t uncommitted_bytes_max = std::size_t{64} << 20;
  // About how many groups and offsets one tick checks for expiration, or for a topic that was deleted.
  std::size_t cleanup_slice = 1'000;

  ConsumerTimes consumer_times_of(const std::string& group) const {
    if (consumer_times)
      if (auto own = consumer_times->find(group); own != consumer_times->end()) return own->second;
    return {consumer_heartbeat_interval, consumer_session_timeout};
  }
  bool operator==(const GroupSettings&) const = default;
};

}  // namespace fulmar
