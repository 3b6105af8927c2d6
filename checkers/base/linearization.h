// Linearization: looks for an order of concurrent operations in which a sequential machine gives the results that were
// seen, and in which no operation comes before one that had ended when it began (Herlihy and Wing 1990).
//
// The search is Wing and Gong's (1993) with Lowe's cache of positions (2017), as in Porcupine: a position is the set of
// the operations that are in the order so far, and the state of the machine; none is looked at twice. Operations whose
// end nobody saw, which may have their effect at any later time, are only tried where the others alone lead no further,
// and as few of them as lead to a state. Histories in which few operations overlap take time linear in their length; in
// the worst case the problem is NP-complete, so the number of positions has a limit.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace fulmar {

struct TimedOperation {
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
  // Places in one order of all invocations and completions; no two are equal, except for `never`.
  std::uint64_t invocation = 0;
  std::uint64_t completion = never;  // never: it may have its effect at any time after its invocation, or not at all
};

// The state after the operation in that state; nullopt if the machine can't give the result that was seen. States have
// numbers, equal ones the same. The same arguments give the same result.
using SequentialStep = std::function<std::optional<std::uint32_t>(std::uint32_t state, std::size_t operation)>;

struct Linearization {
  enum class Verdict : std::uint8_t { found, none, undecided };
  Verdict verdict = Verdict::found;
  // Numbers of operations: an order of all that completed, and of the others whose effect it needs. If there is none:
  // one of all that completed before `unexplained` did.
  std::vector<std::size_t> order;
  // The first completed operation such that no order has it and all that completed before it.
  std::optional<std::size_t> unexplained;
  std::uint64_t positions = 0;  // that were looked at
};

// Begins in state 0. Takes the operations in any order. After `positions_max` positions the verdict is `undecided`;
// each takes about 200 bytes of memory.
Linearization linearize(std::span<const TimedOperation> operations, const SequentialStep& step,
                        std::uint64_t positions_max);

}  // namespace fulmar
