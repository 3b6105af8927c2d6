// ChangeListeners: who is to be told that something has changed, without what: each looks for itself.
//
// Of one shard. Listeners are called in the order they came; one that is added meanwhile is told, too, and one that is
// removed meanwhile is not any more.
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
  // A listener is told until this goes; it may outlive the ChangeListeners.
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
      // Moved out first: what the listener holds may go with it, and more listeners with that.
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
    auto known = known_;  // a listener may end what these belong to
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
