// BrokerSessions: when the controller last heard of each broker. In memory only: whoever becomes controller knows of
// nobody, and gives everybody a whole session first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>

#include "broker/protocol/record_batch.h"
#include "runtime/base/time.h"

namespace fulmar {

class BrokerSessions {
 public:
  // This broker controls, in that epoch.
  void control(Epoch epoch, Instant now) {
    if (epoch == epoch_) return;
    epoch_ = epoch;
    since_ = now;
    heard_.clear();
  }
  void heard(std::int32_t broker, Instant now) { heard_[broker] = now; }
  // Whether the broker has not been heard of since then, though it could have been.
  bool silent_since(std::int32_t broker, Instant then) const {
    auto found = heard_.find(broker);
    return std::max(since_, found == heard_.end() ? since_ : found->second) < then;
  }

 private:
  Epoch epoch_ = -1;
  Instant since_;
  std::map<std::int32_t, Instant> heard_;  // as many as are registered
};

}  // namespace fulmar
