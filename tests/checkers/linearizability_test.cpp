#include "checkers/base/linearizability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>

#include "runtime/base/random.h"

namespace fulmar {
namespace {

using testing::HasSubstr;

// -- A first-in, first-out queue, as in the figures of Herlihy and Wing (1990).

struct Queue {
  using State = std::deque<char>;
  using Input = char;   // what is enqueued; 0: dequeues
  using Output = char;  // what was dequeued
  State initial() const { return {}; }
  std::optional<State> step(State state, char input, const char* output) const {
    if (input) {
      state.push_back(input);
      return state;
    }
    if (!output) return state.empty() ? state : State(state.begin() + 1, state.end());
    if (state.empty() || state.front() != *output) return std::nullopt;
    state.pop_front();
    return state;
  }
  std::string describe(char input, const char* output) const {
    return input ? std::string("enqueues ") + input : std::string("dequeues ") + (output ? *output : '?');
  }
};

// "A+x" invokes the enqueuing of x by A, "A-" a dequeuing, "A." completes, "A.x" completes with x.
Operations<char, char> queue_history(std::initializer_list<std::string> events) {
  Operations<char, char> operations;
  std::map<char, std::size_t> open;
  Instant now;
  for (const auto& event : events) {
    now = now + seconds(1);
    auto client = event[0];
    if (event[1] == '.')
      operations.ok(open[client], event.size() > 2 ? event[2] : char(0), now);
    else
      open[client] = operations.invoke(std::string(1, client), event[1] == '+' ? event[2] : char(0), now);
  }
  return operations;
}

bool linearizable(const Operations<char, char>& operations) {
  return check_linearizable(Queue{}, operations).empty();
}

TEST(Linearizability, HerlihyAndWingFigure1) {
  EXPECT_TRUE(linearizable(queue_history({"A+x", "B+y", "B.", "A.", "B-", "B.x", "A-", "A.y", "A+z", "A."})));  // (a)
  EXPECT_FALSE(linearizable(queue_history({"A+x", "A.", "B+y", "A-", "B.", "A.y"})));                           // (b)
  EXPECT_TRUE(linearizable(queue_history({"A+x", "B-", "B.x"})));                                               // (c)
  EXPECT_FALSE(linearizable(queue_history({"A+x", "B+y", "A.", "B.", "A-", "C-", "A.y", "C.y"})));              // (d)
}

TEST(Linearizability, AViolationNamesTheFirstResultThatNothingExplains) {
  auto violations = check_linearizable(Queue{}, queue_history({"A+x", "A.", "B+y", "B.", "C-", "C.y", "D-", "D.x"}));
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].property, "linearizability");
  EXPECT_EQ(violations[0].anomaly, "not-linearizable");
  EXPECT_EQ(violations[0].at, Instant{} + seconds(6));
  EXPECT_EQ(violations[0].text,
            "no order of the operations explains\n"
            "  [5.000000s .. 6.000000s] C dequeues y\n"
            "until then this order does\n"
            "  [1.000000s .. 2.000000s] A enqueues x\n"
            "  [3.000000s .. 4.000000s] B enqueues y");
}

// -- A register that is written, read, and set if it has a given value.

struct Call {
  enum class Kind : std::uint8_t { write, read, exchange } kind = Kind::write;
  int value = 0;
  int expected = 0;  // of an exchange, which returns 1 if that was the value
};

struct Register {
  using State = int;
  using Input = Call;
  using Output = int;
  int initial() const { return 0; }
  std::optional<int> step(int state, const Call& call, const int* output) const {
    switch (call.kind) {
      case Call::Kind::write: return call.value;
      case Call::Kind::read: return !output || *output == state ? std::optional(state) : std::nullopt;
      case Call::Kind::exchange: break;
    }
    bool equal = state == call.expected;
    if (output && (*output == 1) != equal) return std::nullopt;
    return equal ? call.value : state;
  }
  std::string describe(const Call& call, const int* output) const {
    return std::to_string(static_cast<int>(call.kind)) + " " + std::to_string(call.value) + " -> " +
           (output ? std::to_string(*output) : "?");
  }
};

struct TimedCall {
  Call call;
  std::optional<int> output;
  TimedOperation time;
};

SequentialStep step_of(const std::vector<TimedCall>& calls) {
  return [&calls](std::uint32_t state, std::size_t n) -> std::optional<std::uint32_t> {
    auto next = Register{}.step(static_cast<int>(state), calls[n].call, calls[n].output ? &*calls[n].output : nullptr);
    return next ? std::optional(static_cast<std::uint32_t>(*next)) : std::nullopt;
  };
}

std::vector<TimedOperation> times_of(const std::vector<TimedCall>& calls) {
  std::vector<TimedOperation> times;
  for (const auto& call : calls) times.push_back(call.time);
  return times;
}

// Whether some order of all completed calls and some others explains all results: every order is tried.
bool explained(const std::vector<TimedCall>& calls, std::vector<bool>& used, std::uint32_t state) {
  auto step = step_of(calls);
  bool all = true;
  for (std::size_t n = 0; n < calls.size(); ++n) {
    if (used[n]) continue;
    all = all && calls[n].time.completion == TimedOperation::never;
    auto may_be_next = [&] {
      for (std::size_t other = 0; other < calls.size(); ++other)
        if (!used[other] && calls[other].time.completion < calls[n].time.invocation) return false;
      return true;
    };
    auto next = may_be_next() ? step(state, n) : std::nullopt;
    if (!next) continue;
    used[n] = true;
    if (explained(calls, used, *next)) return true;
    used[n] = false;
  }
  return all;
}

bool explained(const std::vector<TimedCall>& calls) {
  std::vector<bool> used(calls.size());
  return explained(calls, used, 0);
}

// The same, if only those need be in the order that completed until `time`.
std::vector<TimedCall> until(std::vector<TimedCall> calls, std::uint64_t time) {
  std::erase_if(calls, [&](const TimedCall& call) { return call.time.invocation > time; });
  for (auto& call : calls)
    if (call.time.completion > time) call.time.completion = TimedOperation::never;
  return calls;
}

std::vector<TimedCall> any_calls() {
  auto calls = *rc::gen::container<std::vector<TimedCall>>(rc::gen::exec([] {
    TimedCall made;
    made.call.kind = *rc::gen::element(Call::Kind::write, Call::Kind::read, Call::Kind::exchange);
    made.call.value = *rc::gen::inRange(0, 3);
    made.call.expected = *rc::gen::inRange(0, 3);
    if (*rc::gen::inRange(0, 5) > 0) made.output = *rc::gen::inRange(0, made.call.kind == Call::Kind::read ? 3 : 2);
    made.time.invocation = *rc::gen::inRange<std::uint64_t>(0, 12);
    made.time.completion = *rc::gen::inRange<std::uint64_t>(0, 12);
    return made;
  }));
  if (calls.size() > 7) calls.resize(7);
  for (std::size_t n = 0; n < calls.size(); ++n) {
    auto& [first, last] = calls[n].time;
    if (first > last) std::swap(first, last);
    first = first * 100 + 2 * n;
    last = calls[n].output ? last * 100 + 2 * n + 1 : TimedOperation::never;
  }
  return calls;
}

TEST(Linearizability, AgreesWithTryingEveryOrder) {
  int found = 0, none = 0;
  EXPECT_TRUE(rc::check("linearize() finds an order if and only if there is one", [&] {
    auto calls = any_calls();
    auto times = times_of(calls);
    auto result = linearize(times, step_of(calls), 1'000'000);
    RC_ASSERT((result.verdict == Linearization::Verdict::found) == explained(calls));
    ++(result.verdict == Linearization::Verdict::found ? found : none);

    // The order that it gives is one: possible, in real time, and complete.
    std::uint32_t state = 0;
    std::vector<bool> used(calls.size());
    for (auto n : result.order) {
      for (std::size_t other = 0; other < calls.size(); ++other)
        RC_ASSERT(used[other] || other == n || calls[other].time.completion > calls[n].time.invocation);
      auto next = step_of(calls)(state, n);
      RC_ASSERT(next.has_value());
      state = *next;
      used[n] = true;
    }
    auto last = result.unexplained ? calls[*result.unexplained].time.completion : TimedOperation::never;
    for (std::size_t n = 0; n < calls.size(); ++n) RC_ASSERT(used[n] || calls[n].time.completion >= last);
    if (!result.unexplained) return;
    // And it names the first result that nothing explains.
    RC_ASSERT(explained(until(calls, last - 1)));
    RC_ASSERT(!explained(until(calls, last)));
  }));
  EXPECT_GT(found, 20);
  EXPECT_GT(none, 20);
}

TEST(Linearizability, AFailedOperationHasNoEffectAndAnUnknownOneMayHaveIt) {
  for (auto [outcome, possible] :
       {std::pair(Outcome::failed, false), {Outcome::unknown, true}, {Outcome::pending, true}}) {
    Operations<Call, int> operations;
    auto write = operations.invoke("writer", {Call::Kind::write, 7}, Instant{});
    if (outcome == Outcome::failed) operations.failed(write, Instant{});
    if (outcome == Outcome::unknown) operations.unknown(write, Instant{});
    // Everything is at the same instant: only the order of the calls tells what came first.
    operations.ok(operations.invoke("reader", {Call::Kind::read}, Instant{}), 0, Instant{});
    operations.ok(operations.invoke("reader", {Call::Kind::read}, Instant{}), 7, Instant{});
    EXPECT_EQ(check_linearizable(Register{}, operations).empty(), possible) << name_of(outcome);
    operations.ok(operations.invoke("reader", {Call::Kind::read}, Instant{}), 0, Instant{});
    EXPECT_EQ(check_linearizable(Register{}, operations).size(), 1) << name_of(outcome);
  }
}

// -- Large histories.

struct Cells {
  using State = int;
  struct Input {
    int cell;
    bool writes;
    int value;
  };
  using Output = int;
  int initial() const { return 0; }
  std::optional<int> step(int state, const Input& input, const int* output) const {
    if (input.writes) return input.value;
    return !output || *output == state ? std::optional(state) : std::nullopt;
  }
  int key(const Input& input) const { return input.cell; }
  std::string describe(const Input& input, const int*) const { return "uses cell " + std::to_string(input.cell); }
};
static_assert(KeyedModel<Cells> && !KeyedModel<Register>);

// Clients of cells that are truly linearizable, except that read number `stale`, if any, returns a value of long ago.
// `unknown` of a thousand operations have an unknown outcome.
Operations<Cells::Input, int> life_of_cells(std::uint64_t seed, int clients, int cells, unsigned unknown,
                                            int stale = -1) {
  constexpr int length = 300'000;
  Random random(seed);
  Operations<Cells::Input, int> operations;
  std::vector<int> values(static_cast<std::size_t>(cells));
  struct Open {
    std::size_t number;
    Cells::Input input;
    std::optional<int> output;
  };
  std::vector<std::optional<Open>> open(static_cast<std::size_t>(clients));
  int reads = 0;
  for (int n = 0; n < length; ++n) {
    Instant now{n};
    auto client = random.below(open.size());
    auto& mine = open[client];
    if (!mine) {
      Cells::Input input{static_cast<int>(random.below(values.size())), random.chance(1, 2), n};
      mine = {operations.invoke("client " + std::to_string(client), input, now), input, std::nullopt};
      continue;
    }
    auto& value = values[static_cast<std::size_t>(mine->input.cell)];
    if (!mine->output) {
      mine->output = value;
      if (!mine->input.writes && reads++ == stale) mine->output = -1;
      if (mine->input.writes) value = mine->input.value;
    } else if (random.chance(unknown, 1000)) {
      operations.unknown(mine->number, now);
      mine.reset();
    } else {
      operations.ok(mine->number, *mine->output, now);
      mine.reset();
    }
  }
  return operations;
}

TEST(Linearizability, LargeHistoriesTakePositionsInProportionToTheirLength) {
  for (auto [clients, cells, unknown] : {std::tuple(8, 1, 0U), {5, 100, 20U}}) {
    auto operations = life_of_cells(1, clients, cells, unknown);
    auto limit = LinearizabilityLimits{.positions_max = 10 * operations.size()};
    EXPECT_GT(operations.size(), 90'000);
    EXPECT_EQ(check_linearizable(Cells{}, operations, limit), Violations{});
  }
}

TEST(Linearizability, OneStaleReadInALargeHistoryIsFound) {
  auto operations = life_of_cells(2, 5, 20, 10, 40'000);
  auto violations = check_linearizable(Cells{}, operations, {.positions_max = operations.size()});
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].anomaly, "not-linearizable");
  EXPECT_THAT(violations[0].text, HasSubstr("until then this order does (its end)"));
}

TEST(Linearizability, WhatCannotBeDecidedWithinTheLimitIsSaid) {
  Operations<Call, int> operations;
  for (int n = 1; n <= 30; ++n) operations.invoke("writer", {Call::Kind::write, n}, Instant{});
  operations.ok(operations.invoke("reader", {Call::Kind::read}, Instant{}), 99, Instant{});
  auto violations = check_linearizable(Register{}, operations, {.positions_max = 10});
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].anomaly, "undecided");
}

}  // namespace
}  // namespace fulmar
