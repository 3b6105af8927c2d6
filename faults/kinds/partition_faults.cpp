// Partitions of the network, in halves or around one node.
#include <algorithm>
#include <optional>

#include "faults/injector.h"
#include "faults/kinds.h"

namespace fulmar::faults {

namespace {

constexpr Duration controller_interval = milliseconds(50);  // in which a new controller is noticed

bool on_two_sides(const Fault& fault, std::size_t a, std::size_t b) {
  return (fault.amount >> a & 1) != (fault.amount >> b & 1);
}

bool among_servers(const NodeCounts& nodes, std::size_t a, std::size_t b) {
  return a < nodes.servers && b < nodes.servers;
}

void cut_apart(Injector& injector, const Fault& fault, int by) {
  const auto& nodes = injector.nodes();
  for (std::size_t a = 0; a < nodes.all; ++a)
    for (std::size_t b = a + 1; b < nodes.all; ++b) {
      if (!fault.kind->separates(fault, nodes, a, b)) continue;
      injector.cut(a, b, by);
      injector.cut(b, a, by);
    }
}

constexpr FaultKind coming_apart(std::string_view name, std::uint64_t number, AmountRange amount,
                                 bool (*separates)(const Fault&, const NodeCounts&, std::size_t, std::size_t)) {
  return {.name = name,
          .number = number,
          .amount = amount,
          .begin = [](Injector& injector, const Fault& fault) { cut_apart(injector, fault, 1); },
          .end = [](Injector& injector, const Fault& fault) { cut_apart(injector, fault, -1); },
          .separates = separates};
}

// Cuts the target off from the present controller, instead of the previous one.
void follow_controller(Injector& injector, const Fault& fault, std::optional<std::size_t> cut_off) {
  auto between = [&](std::size_t node, int by) {
    injector.cut(fault.target, node, by);
    injector.cut(node, fault.target, by);
  };
  auto now = injector.world().now();
  auto end = fault.at + fault.duration;
  auto next = now < end ? injector.controller() : std::nullopt;
  if (next == fault.target) next = cut_off;  // the target itself may have become the controller
  if (now >= end) next = std::nullopt;
  if (next != cut_off) {
    if (cut_off) between(*cut_off, -1);
    if (next) between(*next, 1);
  }
  if (now < end)
    injector.at(std::min(now + controller_interval, end),
                [&injector, fault, next] { follow_controller(injector, fault, next); });
}

}  // namespace

constinit const FaultKind split = coming_apart(
    "split", 18, {.min = 0},
    [](const Fault& fault, const NodeCounts&, std::size_t a, std::size_t b) { return on_two_sides(fault, a, b); });

constinit const FaultKind bridge = coming_apart(
    "bridge", 19, {.min = 0}, [](const Fault& fault, const NodeCounts& nodes, std::size_t a, std::size_t b) {
      return among_servers(nodes, a, b) && on_two_sides(fault, a, b) && a != fault.target && b != fault.target;
    });

constinit const FaultKind ring =
    coming_apart("ring", 20, {}, [](const Fault&, const NodeCounts& nodes, std::size_t a, std::size_t b) {
      bool neighbours = b == a + 1 || (a == 0 && b == nodes.servers - 1);
      return among_servers(nodes, a, b) && !neighbours;
    });

constinit const FaultKind isolate{.name = "isolate",
                                  .number = 26,
                                  .amount = {0, 2},
                                  .begin = [](Injector& injector, const Fault& fault) { injector.isolate(fault, 1); },
                                  .end = [](Injector& injector, const Fault& fault) { injector.isolate(fault, -1); }};

constinit const FaultKind cut_after_transfer{
    .name = "cut_after_transfer",
    .number = 27,
    .amount = {0, 3 * (fault_time_max / milliseconds(1)) + 2},
    .begin = [](Injector& injector, const Fault& fault) { injector.await_transfer(fault); },
    .end = [](Injector& injector, const Fault& fault) { injector.stop_awaiting(fault); }};

// Ends by itself, with the last check of the controller.
constinit const FaultKind cut_from_controller{
    .name = "cut_from_controller", .number = 28, .begin = [](Injector& injector, const Fault& fault) {
      follow_controller(injector, fault, std::nullopt);
    }};

}  // namespace fulmar::faults
