#include "checkers/base/linearization.h"

#include <algorithm>
#include <compare>
#include <map>
#include <memory>

#include "runtime/base/assert.h"
#include "runtime/base/random.h"

namespace fulmar {

namespace {

using Index = std::uint32_t;
constexpr Index none = std::numeric_limits<Index>::max();

// Operations without completion that are in an order, ascending.
using Set = std::shared_ptr<const std::vector<Index>>;

Set with(const Set& set, Index added) {
  auto made = std::make_shared<std::vector<Index>>(*set);
  made->insert(std::lower_bound(made->begin(), made->end(), added), added);
  return made;
}

bool contains(const Set& set, Index one) {
  return std::binary_search(set->begin(), set->end(), one);
}

// Sets of which none contains another. What can follow an order can also follow one that has the same completed
// operations and state, and fewer of the others: so a larger set need not be looked at.
class SmallestSets {
 public:
  // False if it contains one that is here.
  bool add(const Set& set) {
    for (const auto& one : sets_)
      if (one == set || std::includes(set->begin(), set->end(), one->begin(), one->end())) return false;
    sets_.push_back(set);
    return true;
  }

 private:
  std::vector<Set> sets_;
};

// The completed operations of an order, and the state. The hash comes first, so that comparing two rarely looks at
// more.
struct Position {
  std::uint64_t hash = 0;
  std::vector<Index> parts;
  auto operator<=>(const Position&) const = default;
};

class Search {
 public:
  Search(std::span<const TimedOperation> operations, const SequentialStep& step, std::uint64_t positions_max)
      : step_(step), positions_max_(positions_max) {
    make_events(operations);
    nodes_.push_back({.pending = std::make_shared<std::vector<Index>>()});
  }

  Linearization run() {
    while (completions_left_ > 0) {
      bool goes_on = go_on();
      if (found_.positions > positions_max_) return ended(Linearization::Verdict::undecided);
      if (goes_on) continue;
      stuck_at(first_completion());
      if (nodes_.size() == 1) return ended(Linearization::Verdict::none);
      take_back();
    }
    found_.order = order_;
    found_.unexplained.reset();
    return ended(Linearization::Verdict::found);
  }

 private:
  // Completed operations are called by their numbers among all. Their events are a list of the invocations and
  // completions of those that are not in the order yet, in the order of time.
  struct Event {
    std::size_t operation;
    bool completes;
    bool lasts;  // the invocation of an operation without completion; not in the list
  };
  static constexpr Index head = 0;  // an event before all others

  // Operations without completion that one after the other lead to a state.
  struct Run {
    std::vector<Index> sequence;
    Set pending;  // these, and those in the order before
    std::uint32_t state;
  };

  // An order, and what is tried after it: each completed operation that may be next; then each after a run of others.
  struct Node {
    std::uint32_t state = 0;
    Set pending;
    Index last = head;           // the latest invocation of a completed operation in the order
    Index placed = head;         // the invocation of the last operation of the order
    std::size_t length = 0;      // of the order before this node's operations
    Index tried = head;          // the invocation that was tried last
    std::size_t run = 0;         // the run that it is tried after
    std::vector<Run> runs = {};  // the first is empty
  };

  void make_events(std::span<const TimedOperation> operations) {
    std::vector<std::pair<std::uint64_t, Event>> timed;
    for (std::size_t n = 0; n < operations.size(); ++n) {
      const auto& [invocation, completion] = operations[n];
      FULMAR_ASSERT(invocation < completion);
      bool lasts = completion == TimedOperation::never;
      timed.push_back({invocation, {n, false, lasts}});
      if (!lasts) timed.push_back({completion, {n, true, false}});
    }
    std::sort(timed.begin(), timed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    events_.push_back({});
    completion_.assign(timed.size() + 1, none);
    next_.assign(timed.size() + 1, none);
    previous_.assign(timed.size() + 1, head);
    std::map<std::size_t, Index> invocations;
    Index last = head;
    for (const auto& [time, event] : timed) {
      auto at = static_cast<Index>(events_.size());
      events_.push_back(event);
      if (event.lasts) {
        lasting_.push_back(at);
        continue;
      }
      if (event.completes) {
        completion_[invocations.at(event.operation)] = at;
        ++completions_left_;
      } else {
        invocations[event.operation] = at;
      }
      next_[last] = at;
      previous_[at] = last;
      last = at;
    }
  }

  void unlink(Index event) {
    next_[previous_[event]] = next_[event];
    if (next_[event] != none) previous_[next_[event]] = previous_[event];
  }
  void link(Index event) {
    next_[previous_[event]] = event;
    if (next_[event] != none) previous_[next_[event]] = event;
  }

  Index first_completion() const {
    auto event = next_[head];
    while (!events_[event].completes) event = next_[event];
    return event;
  }

  // Extends the order by one completed operation, and a run before it, which were not tried yet; false if none is left.
  bool go_on() {
    auto& node = nodes_.back();
    for (;; ++node.run, node.tried = head) {
      if (node.run == 1) make_runs(node);
      if (node.run > 0 && node.run >= node.runs.size()) return false;
      auto state = node.run == 0 ? node.state : node.runs[node.run].state;
      const auto& pending = node.run == 0 ? node.pending : node.runs[node.run].pending;
      for (;;) {
        auto event = next_[node.tried];
        if (events_[event].completes) break;
        node.tried = event;
        auto next = step_(state, events_[event].operation);
        if (!next) continue;
        auto last = std::max(node.last, event);
        if (!seen_[position(*next, event, last)].add(pending)) continue;
        ++found_.positions;
        put(node, event, last, *next, pending);
        return true;
      }
    }
  }

  void put(const Node& node, Index event, Index last, std::uint32_t state, const Set& pending) {
    Node made{.state = state, .pending = pending, .last = last, .placed = event, .length = order_.size()};
    if (node.run > 0)
      for (auto one : node.runs[node.run].sequence) order_.push_back(events_[one].operation);
    order_.push_back(events_[event].operation);
    unlink(event);
    unlink(completion_[event]);
    --completions_left_;
    nodes_.push_back(std::move(made));
  }

  void take_back() {
    const auto& node = nodes_.back();
    link(completion_[node.placed]);
    link(node.placed);
    ++completions_left_;
    order_.resize(node.length);
    nodes_.pop_back();
  }

  // All states to which operations without completion lead, by the fewest of them.
  void make_runs(Node& node) {
    std::map<std::uint32_t, SmallestSets> known;
    known[node.state].add(node.pending);
    node.runs.push_back({{}, node.pending, node.state});
    auto until = first_completion();
    for (std::size_t n = 0; n < node.runs.size(); ++n)
      for (auto one : lasting_) {
        if (one > until || found_.positions > positions_max_) break;
        if (contains(node.runs[n].pending, one)) continue;
        auto next = step_(node.runs[n].state, events_[one].operation);
        if (!next || *next == node.runs[n].state) continue;
        auto pending = with(node.runs[n].pending, one);
        if (!known[*next].add(pending)) continue;
        ++found_.positions;
        auto sequence = node.runs[n].sequence;
        sequence.push_back(one);
        node.runs.push_back({std::move(sequence), std::move(pending), *next});
      }
  }

  // With `added`, which is still in the list, in the order.
  Position position(std::uint32_t state, Index added, Index last) const {
    Position made;
    made.parts = {state, last};
    // Those not in the order: no completion can come before the invocation of an operation that is in it.
    for (auto event = next_[head]; event < last; event = next_[event])
      if (event != added) made.parts.push_back(event);
    for (auto part : made.parts) made.hash = mix64(made.hash + part + 0x9e3779b97f4a7c15ULL);
    return made;
  }

  // No order was found that goes beyond this completion.
  void stuck_at(Index event) {
    if (event <= furthest_) return;
    furthest_ = event;
    found_.order = order_;
    found_.unexplained = events_[event].operation;
  }

  Linearization ended(Linearization::Verdict verdict) {
    found_.verdict = verdict;
    return std::move(found_);
  }

  const SequentialStep& step_;
  const std::uint64_t positions_max_;
  std::vector<Event> events_;
  std::vector<Index> completion_;  // of an invocation
  std::vector<Index> next_, previous_;
  std::vector<Index> lasting_;  // the invocations of operations without completion
  std::vector<Node> nodes_;     // each extends the one before
  std::vector<std::size_t> order_;
  std::map<Position, SmallestSets> seen_;
  std::size_t completions_left_ = 0;
  Index furthest_ = head;
  Linearization found_;
};

}  // namespace

Linearization linearize(std::span<const TimedOperation> operations, const SequentialStep& step,
                        std::uint64_t positions_max) {
  return Search(operations, step, positions_max).run();
}

}  // namespace fulmar
