// ResponseRoom: memory for a response that may be far larger than its request, taken while it is made.
#pragma once

#include <cstdint>

#include "broker/net/memory_budget.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/event.h"

namespace fulmar {

// Used by one fiber of the shard.
class ResponseRoom : private MemoryBudget::Waiter {
 public:
  explicit ResponseRoom(BrokerShard& shard) : budget_(shard.client_memory().answers) {}
  virtual ~ResponseRoom() = default;

  // Takes about so many bytes more. Waits until there is memory: a cancellation point.
  void take(std::int64_t bytes) {
    const bool small = charge_.bytes() + bytes <= MemoryBudget::small_max;
    if (budget_.try_charge(charge_, bytes, small)) return;
    granted_.reset();
    budget_.charge_later(charge_, bytes, small, *this);
    granted_.wait();
  }

 private:
  void granted() noexcept override { granted_.set(); }

  MemoryBudget& budget_;
  MemoryBudget::Charge charge_;
  Event granted_;
};

}  // namespace fulmar
