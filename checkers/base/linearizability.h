// Linearizability of operations on an object that a model describes: each takes effect at one moment between its
// invocation and its completion, as the model says.
//
//   struct Register {
//     using State = int;
//     struct Input { bool writes; int value; };
//     using Output = int;
//     State initial() const { return 0; }
//     std::optional<State> step(const State& state, const Input& input, const Output* output) const {
//       if (input.writes) return input.value;
//       return !output || *output == state ? std::optional(state) : std::nullopt;
//     }
//     std::string describe(const Input& input, const Output* output) const;
//   };
//   auto violations = check_linearizable(Register{}, operations);
#pragma once

#include <algorithm>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checkers/base/linearization.h"
#include "checkers/base/operations.h"
#include "checkers/base/violation.h"

namespace fulmar {

template <class Model>
concept SequentialModel = std::totally_ordered<typename Model::State> &&
                          requires(const Model& model, const typename Model::State& state,
                                   const typename Model::Input& input, const typename Model::Output* output) {
                            { model.initial() } -> std::same_as<typename Model::State>;
                            // The state after the operation; nullopt if it can't have that output. `output` is null if
                            // it is not known; then the operation must be possible.
                            { model.step(state, input, output) } -> std::same_as<std::optional<typename Model::State>>;
                            // "writes 7"; "reads 7"; `output` is null as above.
                            { model.describe(input, output) } -> std::same_as<std::string>;
                          };

// A model with key(input) -> an ordered value: operations of different keys do not depend on each other. They are
// checked apart, which is much faster; initial() is the state of each key.
template <class Model>
concept KeyedModel = SequentialModel<Model> && requires(const Model& model, const typename Model::Input& input) {
  { model.key(input) } -> std::totally_ordered;
};

struct LinearizabilityLimits {
  std::uint64_t positions_max = 1'000'000;  // of the search, for each key
  std::size_t shown_max = 8;                // operations before the one that can't be explained, in a violation's text
};

namespace detail {

template <SequentialModel Model>
class LinearizabilityCheck {
 public:
  using Recorded = Operation<typename Model::Input, typename Model::Output>;

  LinearizabilityCheck(const Model& model, std::vector<const Recorded*> operations, const LinearizabilityLimits& limits)
      : model_(model), operations_(std::move(operations)), limits_(limits) {
    std::erase_if(operations_, [](const auto* operation) { return operation->outcome == Outcome::failed; });
  }

  std::optional<Violation> run() {
    number_of(model_.initial());
    std::vector<TimedOperation> timed;
    for (const auto* operation : operations_)
      timed.push_back(
          {operation->invocation, operation->outcome == Outcome::ok ? operation->completion : TimedOperation::never});
    auto found = linearize(
        timed, [this](std::uint32_t state, std::size_t operation) { return step(state, operation); },
        limits_.positions_max);
    if (found.verdict == Linearization::Verdict::found) return std::nullopt;
    return violation(found);
  }

 private:
  std::uint32_t number_of(const typename Model::State& state) {
    auto [entry, added] = numbers_.emplace(state, static_cast<std::uint32_t>(states_.size()));
    if (added) states_.push_back(&entry->first);
    return entry->second;
  }

  std::optional<std::uint32_t> step(std::uint32_t state, std::size_t number) {
    const auto& operation = *operations_[number];
    auto next = model_.step(*states_[state], operation.input, output_of(operation));
    return next ? std::optional(number_of(*next)) : std::nullopt;
  }

  static const typename Model::Output* output_of(const Recorded& operation) {
    return operation.outcome == Outcome::ok ? &operation.output : nullptr;
  }

  std::string line(const Recorded& operation) const {
    auto end = operation.completed == Instant::max() ? std::string("never") : to_string(operation.completed);
    return "\n  [" + to_string(operation.invoked) + " .. " + end + "] " + operation.client + " " +
           model_.describe(operation.input, output_of(operation)) +
           (operation.outcome == Outcome::ok ? "" : " (" + name_of(operation.outcome) + ")");
  }

  Violation violation(const Linearization& found) const {
    if (found.verdict == Linearization::Verdict::undecided)
      return {"linearizability",
              "undecided",
              "not decided after " + std::to_string(found.positions) +
                  " positions: fewer operations should overlap or be of one key, or be of unknown outcome",
              {}};
    const auto& guilty = *operations_[*found.unexplained];
    std::string text = "no order of the operations explains" + line(guilty);
    auto shown = std::min(limits_.shown_max, found.order.size());
    if (shown > 0) text += "\nuntil then this order does" + std::string(shown < found.order.size() ? " (its end)" : "");
    for (auto n = found.order.size() - shown; n < found.order.size(); ++n) text += line(*operations_[found.order[n]]);
    return {"linearizability", "not-linearizable", std::move(text), guilty.completed};
  }

  const Model& model_;
  std::vector<const Recorded*> operations_;
  LinearizabilityLimits limits_;
  std::map<typename Model::State, std::uint32_t> numbers_;
  std::vector<const typename Model::State*> states_;
};

}  // namespace detail

// The property is `linearizability`; the anomalies are `not-linearizable`, and `undecided` if that could not be found
// out within the limits. At most one violation for each key.
template <SequentialModel Model>
Violations check_linearizable(const Model& model,
                              const Operations<typename Model::Input, typename Model::Output>& operations,
                              const LinearizabilityLimits& limits = {}) {
  using Check = detail::LinearizabilityCheck<Model>;
  Violations found;
  auto check = [&](std::vector<const typename Check::Recorded*> some) {
    if (auto violation = Check(model, std::move(some), limits).run()) found.push_back(std::move(*violation));
  };
  if constexpr (KeyedModel<Model>) {
    std::map<std::remove_cvref_t<decltype(model.key(operations.all().front().input))>,
             std::vector<const typename Check::Recorded*>>
        by_key;
    for (const auto& operation : operations.all()) by_key[model.key(operation.input)].push_back(&operation);
    for (auto& [key, some] : by_key) check(std::move(some));
  } else {
    std::vector<const typename Check::Recorded*> every;
    for (const auto& operation : operations.all()) every.push_back(&operation);
    check(std::move(every));
  }
  return found;
}

}  // namespace fulmar
