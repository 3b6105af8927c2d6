// ChangeListeners: callbacks for when something has changed; they are not told what, and look for themselves.
//
// One shard only. Listeners are called in the order of registration. One that is added during a round is called in it;
// one that is removed during a round is not called any more.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace fulmar {

class ChangeListeners {
 private:
  struct Known {
    std::map<std::uint64_t, std::function<void()>> by_number;
    std::uint64_t next = 0;
  };

 public:
  // The listener is called as long as this exists; it may outlive the ChangeListeners.
  class Registration {
   public:
    Registration() = default;
    Registration(std::weak_ptr<Known> known, std::uint64_t number) : known_(std::move(known)), number_(number) {}
    Registration(Registration&& other) noexcept : known_(std::exchange(other.known_, {})), number_(other.number_) {}
    Registration& operator=(Registration&& other) noexcept {
      end();
      known_ = std::exchange(other.known_, {});
      number_ = other.number_;
      return *this;
    }
    ~Registration() { end(); }

    void end() {
      // Moved out first: destroying the listener may destroy further registrations.
      if (auto known = std::exchange(known_, {}).lock()) auto ended = known->by_number.extract(number_);
    }

   private:
    std::weak_ptr<Known> known_;
    std::uint64_t number_ = 0;
  };

  // `listener` must not wait, and may not end its own registration.
  [[nodiscard]] Registration add(std::function<void()> listener) {
    known_->by_number.emplace(known_->next, std::move(listener));
    return {known_, known_->next++};
  }
  void tell() {
    auto known = known_;  // a listener may destroy the owner of this
    for (auto next = known->by_number.begin(); next != known->by_number.end();) {
      auto number = next->first;
      next->second();
      next = known->by_number.upper_bound(number);
    }
  }

 private:
  std::shared_ptr<Known> known_ = std::make_shared<Known>();
};

}  // namespace fulmar
