// MarkerSender: has the markers of transactions that are decided here written by the leaders of their partitions, and
// tells the coordinators which were (KIP-98). It goes on until all are, whoever leads meanwhile; a partition that the
// cluster has no more is passed over, once the controller has been heard of.
//
// Of one shard: the markers of the coordinators that the shard owns. One request to each leader at a time, with all
// that is waiting for that leader.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "broker/protocol/messages/transactions.h"
#include "broker/transactions/coordinator.h"
#include "runtime/fiber/alarm.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"

namespace fulmar {

class BrokerShard;

class MarkerSender {
 public:
  explicit MarkerSender(BrokerShard& shard);
  ~MarkerSender();

  void start();
  void stop();

 private:
  // Whose markers: a coordinator's, in one epoch of it.
  struct Source {
    std::int32_t partition = 0;
    std::int32_t epoch = 0;

    auto operator<=>(const Source&) const = default;
  };
  // What one leader is asked for.
  struct Batch {
    std::vector<std::pair<Source, TransactionMarkers>> markers;
    std::size_t partitions = 0;
  };
  using Partition = std::tuple<std::string, std::string, std::int32_t>;  // transactional id, topic, index

  void run();
  // All that waits and is not on its way, by leader.
  std::map<std::int32_t, Batch> gather();
  void send(std::int32_t leader, Batch batch);
  void send_to(std::int32_t leader, const Batch& batch);
  void look_for_gone(const Batch& batch);
  void written(const Source& source, TransactionMarkers markers);
  void wake_after(Duration delay);

  BrokerShard& shard_;
  Event due_;
  Alarm alarm_;
  std::set<std::int32_t> asked_;    // leaders, and nobody for those of which none is known
  std::set<Partition> on_the_way_;  // so that none is sent to two leaders at once
  FiberGroup sending_;
};

}  // namespace fulmar
