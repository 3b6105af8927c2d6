// BoundedQueue<T>: passes values between fibers of one shard; pushing waits while it is full.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/condition.h"

namespace fulmar {

template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) { FULMAR_ASSERT(capacity > 0); }

  // Waits for room; false if the queue is closed (the value is dropped). A cancellation point.
  bool push(T value) {
    room_.wait([this] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(value));
    filled_.notify_one();
    return true;
  }
  bool try_push(T&& value) {
    if (closed_ || items_.size() >= capacity_) return false;
    items_.push_back(std::move(value));
    filled_.notify_one();
    return true;
  }
  // Waits for a value; nullopt when the queue is closed and empty, or the deadline came. A cancellation point.
  std::optional<T> pop(Deadline deadline = Deadline::never()) {
    filled_.wait([this] { return closed_ || !items_.empty(); }, deadline);
    if (items_.empty()) return std::nullopt;
    std::optional<T> value(std::move(items_.front()));
    items_.pop_front();
    room_.notify_one();
    return value;
  }
  // Closes it: pushes fail, pops return the values that are left.
  void close() {
    closed_ = true;
    room_.notify_all();
    filled_.notify_all();
  }
  bool closed() const { return closed_; }
  std::size_t size() const { return items_.size(); }

 private:
  std::size_t capacity_;
  std::deque<T> items_;
  bool closed_ = false;
  Condition room_;
  Condition filled_;
};

}  // namespace fulmar
