// For tests that need a coordinator.
#pragma once

#include "broker/protocol/messages/find_coordinator.h"
#include "broker_test_kit.h"

namespace fulmar {

inline constexpr std::int8_t coordinator_of_group = 0;
inline constexpr std::int8_t coordinator_of_transaction = 1;

// Waits until there is a coordinator of that type for "g"; its topic is created if there is none.
inline void await_coordinator(Peer& peer, std::int8_t type) {
  FindCoordinatorRequest request;
  request.key_type = type;
  request.coordinator_keys = {"g"};
  for (int i = 0; i < 100; ++i) {
    auto answer = peer.call<FindCoordinatorResponse>(request, 4);
    if (answer.coordinators.at(0).error_code == ErrorCode::none) return;
    peer.host().clock().sleep_for(milliseconds(100));  // virtual time
  }
  FAIL() << "no coordinator";
}

}  // namespace fulmar
