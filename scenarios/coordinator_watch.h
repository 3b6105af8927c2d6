// CoordinatorWatch: counts what coordinators leave to their successors on other brokers: groups in the middle of a
// rebalance, and transactions that are finished by another coordinator than the one that decided their end.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "broker/server/shard/broker_observer.h"
#include "scenarios/marks.h"

namespace fulmar {

class CoordinatorWatch {
 public:
  explicit CoordinatorWatch(Marks& marks) : marks_(marks) {}

  // As BrokerObserver::coordinates(). A coordinator that does not know yet that it has a successor is ignored.
  void coordinates(const GroupId& partition, std::int32_t broker, Epoch epoch, const AllUnderWay& all);

 private:
  struct Coordinator {
    std::int32_t broker = -1;
    Epoch epoch = -1;
    AllUnderWay all;
    std::map<std::string, std::int32_t> decided_by;  // by transactional id: the broker that decided the end
  };
  Marks& marks_;
  std::map<GroupId, Coordinator> latest_;
};

}  // namespace fulmar
