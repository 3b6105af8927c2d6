#include "faults/fault.h"

#include <algorithm>

#include "runtime/base/assert.h"

namespace fulmar {

FaultKinds::FaultKinds(std::initializer_list<std::span<const FaultKind* const>> groups) {
  for (auto group : groups)
    for (const auto* kind : group) {
      FULMAR_ASSERT(by_name_.emplace(kind->name, kind).second);
      FULMAR_ASSERT(by_number_.emplace(kind->number, kind).second);
    }
}

const FaultKind* FaultKinds::find(std::string_view name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<std::string_view> FaultKinds::names() const {
  std::vector<std::string_view> names;
  for (const auto& [number, kind] : by_number_) names.push_back(kind->name);
  return names;
}

std::string to_string(const Fault& fault, std::span<const std::string> nodes) {
  auto ms = [](std::int64_t ns) { return std::to_string(ns / 1'000'000) + " ms"; };
  auto node = [&](std::size_t n) { return n < nodes.size() ? nodes[n] : "node " + std::to_string(n); };
  return "at " + ms(fault.at.ns) + " " + std::string(fault.kind->name) + " " + node(fault.target) + " peer " +
         node(fault.peer) + " amount " + std::to_string(fault.amount) + " for " + ms(fault.duration.count());
}

bool has_fault(const std::vector<Fault>& faults, std::initializer_list<const FaultKind*> kinds) {
  return std::any_of(faults.begin(), faults.end(), [&](const Fault& fault) {
    return std::find(kinds.begin(), kinds.end(), fault.kind) != kinds.end();
  });
}

}  // namespace fulmar
