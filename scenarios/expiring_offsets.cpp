// At the end of a life in which committed offsets expire: waits until those of all groups have.
#include <algorithm>
#include <set>

#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/group_offsets.h"

namespace fulmar {

namespace {

// For the sessions of members that are gone, and for the rebalances in which they still counted.
constexpr Duration deserted_max = seconds(60);

// Fetches the group's offsets, until there is an answer; one that is still committed.
std::optional<GroupFetch> find_kept(Host& host, Workload& workload, ClusterClient& cluster, Random& random,
                                    const std::string& group) {
  const auto& fetches = workload.history.group_fetches;
  const auto& shared = shared_partitions(workload);
  auto coordinator = [&]() -> Answer<Brokers::Connection> {
    auto deadline = host.clock().deadline_in(workload.request_timeout);
    FULMAR_TRY(auto id, cluster.coordinator_of(group, deadline));
    return cluster.broker(id, deadline);
  };
  auto before = fetches.size();
  while (fetch_offsets(host, workload, coordinator(), group, shared) != ErrorCode::none) pause(host, random, 300);
  auto kept = std::find_if(fetches.begin() + static_cast<std::ptrdiff_t>(before), fetches.end(),
                           [](const GroupFetch& fetch) { return fetch.offset >= 0; });
  return kept == fetches.end() ? std::nullopt : std::optional(*kept);
}

}  // namespace

int see_offsets_expire(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient cluster(host, cluster_options(workload, random.split("cluster")));
  std::set<std::string> groups;
  for (const auto& commit : workload.history.group_commits) groups.insert(commit.group);
  auto deadline = host.clock().now() + deserted_max + *workload.history.offsets_kept;
  for (const auto& group : groups) {
    auto kept = find_kept(host, workload, cluster, random, group);
    while (kept && host.clock().now() < deadline) {
      pause(host, random, 1'000);
      kept = find_kept(host, workload, cluster, random, group);
    }
    if (kept)
      workload.seen.push_back({"offset expiry", "unexpired-offset",
                               "group " + group + " still has offset " + std::to_string(kept->offset) +
                                   " of partition " + std::to_string(kept->partition) +
                                   ", though it has had no members for long",
                               host.clock().now()});
  }
  return 0;
}

}  // namespace fulmar
