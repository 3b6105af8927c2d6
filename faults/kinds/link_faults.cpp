// Faults of the network between two nodes.
#include <algorithm>

#include "faults/injector.h"
#include "faults/kinds.h"

namespace fulmar::faults {

namespace {

constexpr AmountRange directions{0, 2};
constexpr AmountRange some_ms{1, fault_time_max / milliseconds(1)};

LinkFaults& from_target(Injector& injector, const Fault& fault) {
  return injector.world().network().link(fault.target, fault.peer);
}
LinkFaults& to_target(Injector& injector, const Fault& fault) {
  return injector.world().network().link(fault.peer, fault.target);
}

// Cuts and reconnects, in turn, until the fault's end.
void flap_from(Injector& injector, const Fault& fault, Instant from) {
  auto end = fault.at + fault.duration;
  auto half = milliseconds(std::max<std::int64_t>(fault.amount, 1));
  auto change = [&injector, fault](int by) {
    injector.cut(fault.target, fault.peer, by);
    injector.cut(fault.peer, fault.target, by);
  };
  change(1);
  injector.at(std::min(from + half, end), [change] { change(-1); });
  if (from + 2 * half >= end) return;
  injector.at(from + 2 * half, [&injector, fault, again = from + 2 * half] { flap_from(injector, fault, again); });
}

}  // namespace

constinit const FaultKind cut{
    .name = "cut",
    .number = 10,
    .amount = directions,
    .has_peer = true,
    .begin = [](Injector& injector, const Fault& fault) { injector.cut_by_direction(fault, fault.peer, 1); },
    .end = [](Injector& injector, const Fault& fault) { injector.cut_by_direction(fault, fault.peer, -1); }};

constinit const FaultKind latency{.name = "latency",
                                  .number = 11,
                                  .amount = some_ms,
                                  .has_peer = true,
                                  .begin =
                                      [](Injector& injector, const Fault& fault) {
                                        from_target(injector, fault).latency_max =
                                            to_target(injector, fault).latency_max = milliseconds(fault.amount);
                                      },
                                  .end =
                                      [](Injector& injector, const Fault& fault) {
                                        from_target(injector, fault).latency_max =
                                            to_target(injector, fault).latency_max = LinkFaults().latency_max;
                                        injector.world().network().pace_again();
                                      }};

constinit const FaultKind latency_to{
    .name = "latency_to",
    .number = 24,
    .amount = some_ms,
    .has_peer = true,
    .begin = [](Injector& injector,
                const Fault& fault) { to_target(injector, fault).latency_max = milliseconds(fault.amount); },
    .end =
        [](Injector& injector, const Fault& fault) {
          to_target(injector, fault).latency_max = LinkFaults().latency_max;
          injector.world().network().pace_again();
        }};

constinit const FaultKind latency_from{
    .name = "latency_from",
    .number = 25,
    .amount = some_ms,
    .has_peer = true,
    .begin = [](Injector& injector,
                const Fault& fault) { from_target(injector, fault).latency_max = milliseconds(fault.amount); },
    .end =
        [](Injector& injector, const Fault& fault) {
          from_target(injector, fault).latency_max = LinkFaults().latency_max;
          injector.world().network().pace_again();
        }};

constinit const FaultKind clog{.name = "clog",
                               .number = 12,
                               .amount = directions,
                               .has_peer = true,
                               .begin = [](Injector& injector, const Fault& fault) {
                                 auto end = injector.world().now() + fault.duration;
                                 if (fault.amount != 2) to_target(injector, fault).clogged_until = end;
                                 if (fault.amount != 1) from_target(injector, fault).clogged_until = end;
                               }};

constinit const FaultKind bandwidth{.name = "bandwidth",
                                    .number = 13,
                                    .amount = {1, std::int64_t{1} << 40},
                                    .has_peer = true,
                                    .begin =
                                        [](Injector& injector, const Fault& fault) {
                                          from_target(injector, fault).bytes_per_ms =
                                              to_target(injector, fault).bytes_per_ms = fault.amount;
                                        },
                                    .end =
                                        [](Injector& injector, const Fault& fault) {
                                          from_target(injector, fault).bytes_per_ms =
                                              to_target(injector, fault).bytes_per_ms = LinkFaults().bytes_per_ms;
                                          injector.world().network().pace_again();
                                        }};

constinit const FaultKind reset{.name = "reset", .number = 14, .begin = [](Injector& injector, const Fault& fault) {
                                  injector.world().network().reset_connections(fault.target, fault.target);
                                }};

constinit const FaultKind refuse{
    .name = "refuse",
    .number = 15,
    .has_peer = true,
    .begin = [](Injector& injector, const Fault& fault) { to_target(injector, fault).refused = true; },
    .end = [](Injector& injector, const Fault& fault) { to_target(injector, fault).refused = false; }};

constinit const FaultKind flap{
    .name = "flap",
    .number = 21,
    .amount = some_ms,
    .has_peer = true,
    .begin = [](Injector& injector, const Fault& fault) { flap_from(injector, fault, injector.world().now()); }};

}  // namespace fulmar::faults
