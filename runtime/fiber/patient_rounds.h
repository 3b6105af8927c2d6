// PatientRounds: does the same work for each of many things, one after the other. The work on one of them may take very
// long, for example on a log whose disk does not answer: after a while it continues in the background, and the next one
// has its turn.
//
// For use by one fiber. Work in the background takes a fiber each, at most one per key.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"

namespace fulmar {

template <class Key>
class PatientRounds {
 public:
  // `name`: of the fibers, for debuggers; a literal. `missed` is called for a key when work on it has ended during
  // which another visit was asked for.
  explicit PatientRounds(std::string_view name, std::function<void(const Key&)> missed = {})
      : name_(name), missed_(std::move(missed)) {}

  // Runs `work`, and returns when it is done, or at the deadline, after which it continues in the background. Does
  // nothing while the work of an earlier visit to that key still runs. A cancellation point; destruction cancels
  // running work.
  void visit(const Key& key, FiberTask work, Deadline deadline) {
    auto [earlier, begun] = under_way_.try_emplace(key, false);
    if (!begun) {
      earlier->second = true;
      return;
    }
    auto done = std::make_shared<Event>();
    fibers_.spawn(name_, [this, key, work = std::move(work), done]() mutable {
      work();
      bool missed = under_way_.extract(key).mapped();
      done->set();
      if (missed && missed_) missed_(key);
    });
    done->wait(deadline);
  }
  // How many keys are worked on.
  std::size_t under_way() const { return under_way_.size(); }

 private:
  const std::string_view name_;
  const std::function<void(const Key&)> missed_;
  std::map<Key, bool> under_way_;  // whether another visit was asked for meanwhile
  FiberGroup fibers_;
};

}  // namespace fulmar
