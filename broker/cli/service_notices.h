// ServiceNotices: tells the service manager (runtime/real/service_manager.h) how the broker does.
//
// Each round asks all shards one after the other, by a message that a fiber there answers. WATCHDOG=1 follows only once
// all have answered: a shard that hangs, or that is busy without end, keeps it away, and the service manager ends the
// process. While the broker starts, each round also extends the time that a start may take, for as long as all shards
// answer: recovering logs and waiting for the other controllers take what they take.
#pragma once

#include <string>

#include "broker/server/broker.h"
#include "runtime/fiber/group.h"
#include "runtime/host/host.h"
#include "runtime/real/service_manager.h"

namespace fulmar {

// On shard 0; ends when the broker has ended.
class ServiceNotices {
 public:
  ServiceNotices(Host& host, const ServiceManager& manager);

  // For run_broker(). Without a service manager nothing is to be told.
  BrokerNews news();

 private:
  void watch();
  void tell(const std::string& lines);
  void tell_status();

  Host& host_;
  const ServiceManager& manager_;
  Duration interval_;
  std::string unsent_;  // lines that could not be sent; they go with the next
  std::string phase_ = "starting";
  std::string opening_;  // how many partitions are not open; empty: none
  bool starting_ = true;
  bool stopping_ = false;
  bool refused_ = false;  // the last notice; it has been logged
  FiberGroup fibers_;
};

}  // namespace fulmar
