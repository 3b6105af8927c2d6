// CountedCluster: three brokers and a client in a world without faults, and what the brokers do while the client works.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "campaign/counts.h"
#include "faults/plan.h"
#include "runtime/host/host.h"
#include "scenarios/marks.h"
#include "scenarios/watched_cluster.h"
#include "sim/world.h"

namespace fulmar {

class ClusterClient;

class CountedCluster {
 public:
  // Returns whether all went well.
  using Work = std::function<bool(Host&, ClusterClient&)>;

  CountedCluster();
  ~CountedCluster();

  // Lets the client do something that is not counted, once all brokers are ready. Returns whether it did, within a
  // minute.
  bool prepare(const Work& work);
  // What `work`, which is `units` of something, costs the brokers. CountedWork::units is 0 if it does not end well
  // within ten minutes, or if the cluster has violated something by then.
  CountedWork count(std::uint64_t units, const Work& work);

 private:
  struct Counts {
    std::uint64_t broker_segments = 0;
    std::uint64_t broker_bytes = 0;
    std::uint64_t client_segments = 0;
    std::uint64_t client_bytes = 0;
    std::uint64_t shard_messages = 0;
    std::uint64_t writes = 0;
    std::uint64_t written_bytes = 0;
    std::uint64_t syncs = 0;
    std::uint64_t other_disk_operations = 0;
  };

  bool run(const Work& work, Duration limit);
  bool is_broker(std::size_t node) const { return node < cluster_.size(); }
  void note(const Happening& happening, Counts& counts) const;
  NodeWork work_of_brokers();

  const Plan plan_;
  World world_;
  Marks marks_;
  WatchedCluster cluster_;
  Node& client_;
};

}  // namespace fulmar
