// Operations: what the clients of any system did and saw; the input of checkers that know nothing of the system.
//
// An operation has an invocation and, if it ended, a completion; if it ended `ok`, it has an output.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "checkers/base/outcome.h"
#include "runtime/base/assert.h"
#include "runtime/base/time.h"

namespace fulmar {

template <class Input, class Output>
struct Operation {
  std::string client;
  Input input;
  Output output = {};  // if ok
  Outcome outcome = Outcome::pending;
  Instant invoked;
  Instant completed = Instant::max();
  // The places of both among all invocations and completions: instants can't tell what came first when a world does
  // several things at once.
  std::uint64_t invocation = 0;
  std::uint64_t completion = std::numeric_limits<std::uint64_t>::max();
};

// Recorded as they happen: the order of the calls is the order of the events. For all clients of a life, which is one
// thread; real clients on several threads need a lock around each call.
template <class Input, class Output>
class Operations {
 public:
  // Returns the number of the operation.
  std::size_t invoke(std::string client, Input input, Instant now) {
    all_.push_back({.client = std::move(client), .input = std::move(input), .invoked = now, .invocation = events_++});
    return all_.size() - 1;
  }
  // Each operation ends once at most.
  void ok(std::size_t number, Output output, Instant now) {
    end(number, Outcome::ok, now);
    all_[number].output = std::move(output);
  }
  void failed(std::size_t number, Instant now) { end(number, Outcome::failed, now); }
  void unknown(std::size_t number, Instant now) { end(number, Outcome::unknown, now); }

  std::span<const Operation<Input, Output>> all() const { return all_; }  // by invocation
  std::size_t size() const { return all_.size(); }

 private:
  void end(std::size_t number, Outcome outcome, Instant now) {
    auto& operation = all_.at(number);
    FULMAR_ASSERT(operation.outcome == Outcome::pending);
    operation.outcome = outcome;
    operation.completed = now;
    operation.completion = events_++;
  }

  std::vector<Operation<Input, Output>> all_;
  std::uint64_t events_ = 0;
};

}  // namespace fulmar
