// The end of a rolling upgrade: the level of the metadata is raised to what this release supports, which is refused as
// long as a broker of the release before is registered.
#include "broker/client/feature_admin.h"
#include "broker/cluster/features.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr std::int64_t pace_ms = 2048;
constexpr Duration retry_interval = milliseconds(100);

const std::string feature{metadata_version};

std::int16_t newest_level() {
  return range_of(supported_features(), metadata_version).max;
}

bool raise_level(ClusterClient& brokers) {
  return update_features(brokers, {{feature, newest_level(), false, UpdateFeaturesRequest::upgrade}}).has_value();
}

}  // namespace

void raise_levels(Host& host, Workload& workload) {
  auto random = host.entropy().stream();
  ClusterClient brokers(host, cluster_options(workload, random.split("cluster")));
  workload.marks.expect(Mark::release_upgraded);
  while (!workload.stop) {
    pause(host, random, pace_ms);
    if (!raise_level(brokers)) continue;
    workload.marks.reach(Mark::release_upgraded);
    return;
  }
}

int finish_upgrade(Host& host, Workload& workload) {
  auto options = guarded_options(workload);
  for (const auto& [id, address] : workload.core) options.bootstrap.push_back(address);
  ClusterClient brokers(host, options);
  for (;;) {
    auto features = cluster_features(brokers);
    if (features && (*features)[feature].finalized == newest_level()) return 0;
    raise_level(brokers);
    host.clock().sleep_for(retry_interval);
  }
}

}  // namespace fulmar
