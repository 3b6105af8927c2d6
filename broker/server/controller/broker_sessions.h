// BrokerSessions: when the controller last received a heartbeat from each broker. In memory only: a new controller
// gives every broker a whole session first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "broker/protocol/record_batch.h"
#include "runtime/base/time.h"

namespace fulmar {

class BrokerSessions {
 public:
  // This broker is the controller, in that epoch.
  void control(Epoch epoch, Instant now) {
    if (epoch == epoch_) return;
    epoch_ = epoch;
    since_ = now;
    heard_.clear();
  }
  void heard(std::int32_t broker, Instant now) { heard_[broker] = now; }
  // Whether the controller has received nothing from the broker since then, although this broker was the controller.
  bool silent_since(std::int32_t broker, Instant then) const {
    auto found = heard_.find(broker);
    return std::max(since_, found == heard_.end() ? since_ : found->second) < then;
  }

 private:
  Epoch epoch_ = -1;
  Instant since_;
  std::map<std::int32_t, Instant> heard_;  // bounded by the registered brokers
};

}  // namespace fulmar
