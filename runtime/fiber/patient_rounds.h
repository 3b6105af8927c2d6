// PatientRounds: does the same work for each of many things, one after the other. The work on one of them may take very
// long, for example on a log whose disk does not answer: after a while it continues in the background, and the next one
// has its turn.
//
// For use by one fiber. Work in the background takes a fiber each, at most one per key.
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

  // Runs `work`, and returns when it is done, or at the deadline, after which it continues in the background. Does
  // nothing while the work of an earlier visit to that key still runs. A cancellation point; destruction cancels
  // running work.
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
