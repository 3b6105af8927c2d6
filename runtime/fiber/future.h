// Future<T>: a value that another fiber of the shard will provide, once. Promise and Future share their state; either
// may go first. A promise that is dropped unset leaves the future broken.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "runtime/base/assert.h"
#include "runtime/fiber/event.h"

namespace fulmar {

namespace detail {
template <class T>
struct FutureState {
  std::optional<T> value;
  Event done;
};
}  // namespace detail

template <class T>
class Future {
 public:
  Future() = default;

  // Waits for the value and takes it; nullopt if the deadline came first or the promise was dropped. A cancellation
  // point.
  std::optional<T> get(Deadline deadline = Deadline::never()) {
    FULMAR_ASSERT(state_ != nullptr);
    if (state_->done.wait(deadline) == WaitResult::timed_out) return std::nullopt;
    return std::exchange(state_->value, std::nullopt);
  }
  bool ready() const { return state_ && state_->done.is_set(); }

 private:
  template <class U>
  friend class Promise;
  explicit Future(std::shared_ptr<detail::FutureState<T>> state) : state_(std::move(state)) {}
  std::shared_ptr<detail::FutureState<T>> state_;
};

template <class T>
class Promise {
 public:
  Promise() : state_(std::make_shared<detail::FutureState<T>>()) {}
  Promise(Promise&&) noexcept = default;
  Promise& operator=(Promise&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~Promise() {
    if (state_ && !state_->done.is_set()) state_->done.set();
  }

  Future<T> future() const { return Future<T>(state_); }
  void set(T value) {
    FULMAR_ASSERT(!state_->done.is_set());
    state_->value.emplace(std::move(value));
    state_->done.set();
  }

 private:
  std::shared_ptr<detail::FutureState<T>> state_;
};

}  // namespace fulmar
