// ResponseRoom: memory for a response that may be far larger than its request, taken while it is made.
#pragma once

#include <cstdint>

#include "broker/net/memory_budget.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/event.h"

namespace fulmar {

// Whether there is memory for one more small response. What is large waits for memory; small responses are not held
// back by those that wait, and may use half as much again.
inline bool has_room_for_small_response(BrokerShard& shard) {
  return shard.client_memory().answers.available(true) > -shard.config().answer_bytes_max / 2;
}

// Used by one fiber of the shard.
class ResponseRoom : private MemoryBudget::Waiter {
 public:
  explicit ResponseRoom(BrokerShard& shard) : shard_(shard), budget_(shard.client_memory().answers) {}
  virtual ~ResponseRoom() = default;

  // Takes about so many bytes more. Waits until there is memory: a cancellation point.
  void take(std::int64_t bytes) {
    const bool small = charge_.bytes() + bytes <= MemoryBudget::small_max;
    if (small && has_room_for_small_response(shard_)) return budget_.charge_at_once(charge_, bytes);
    if (budget_.try_charge(charge_, bytes, small)) return;
    granted_.reset();
    budget_.charge_later(charge_, bytes, small, *this);
    granted_.wait();
  }

 private:
  void granted() noexcept override { granted_.set(); }

  BrokerShard& shard_;
  MemoryBudget& budget_;
  MemoryBudget::Charge charge_;
  Event granted_;
};

}  // namespace fulmar
