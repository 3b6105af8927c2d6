// PatientRounds: the same work for each of many things, one after the other, where one of them may be held up for long,
// as a log whose disk does not answer: it is waited for a while, then goes on by itself while the next has its turn.
//
// Of one fiber, which visits. What is left to itself takes a fiber each, at most one for each key.
#pragma once

#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"

namespace fulmar {

template <class Key>
class PatientRounds {
 public:
  // `name`: of the fibers, for debuggers; a literal.
  explicit PatientRounds(std::string_view name) : name_(name) {}

  // Runs `work`, and returns once it is done, or at the deadline, and then it goes on beside. Does nothing while what
  // an earlier visit to that key has begun is not done. A cancellation point; destruction cancels what still runs.
  void visit(const Key& key, FiberTask work, Deadline deadline) {
    if (!under_way_.insert(key).second) return;
    auto done = std::make_shared<Event>();
    fibers_.spawn(name_, [this, key, work = std::move(work), done]() mutable {
      work();
      under_way_.erase(key);
      done->set();
    });
    done->wait(deadline);
  }

 private:
  const std::string_view name_;
  std::set<Key> under_way_;
  FiberGroup fibers_;
};

}  // namespace fulmar
