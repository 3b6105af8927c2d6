// MarkerSender: sends the markers of this shard's transactions to the leaders of their partitions, and reports to the
// coordinators which were written (KIP-98). It repeats this until all are written, whatever leaders change; partitions
// that the controller's metadata does not have are skipped.
//
// One per shard, for the coordinators that the shard owns. One request to each leader at a time, with all markers that
// wait for that leader.
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
  // The coordinator of the markers, and its epoch.
  struct Source {
    std::int32_t partition = 0;
    std::int32_t epoch = 0;

    auto operator<=>(const Source&) const = default;
  };
  // The markers for one leader.
  struct Batch {
    std::vector<std::pair<Source, TransactionMarkers>> markers;
    std::size_t partitions = 0;
  };
  using Partition = std::tuple<std::string, std::string, std::int32_t>;  // transactional id, topic, index

  void run();
  // All markers that wait and are not being sent, by leader.
  std::map<std::int32_t, Batch> gather();
  void send(std::int32_t leader, Batch batch);
  void send_to(std::int32_t leader, const Batch& batch);
  void look_for_gone(const Batch& batch);
  void written(const Source& source, TransactionMarkers markers);
  void wake_after(Duration delay);

  BrokerShard& shard_;
  Event due_;
  Alarm alarm_;
  std::set<std::int32_t> asked_;    // leaders with a request in progress; `nobody` for unknown ones
  std::set<Partition> on_the_way_;  // so that none is sent to two leaders at once
  FiberGroup sending_;
};

}  // namespace fulmar
