// Processes that die, stop, pause or are slow, and their machines' clocks.
#include "faults/injector.h"
#include "faults/kinds.h"

namespace fulmar::faults {

namespace {

constexpr std::int64_t clock_ms_max = std::int64_t{20} * 365 * (fault_time_max / milliseconds(1));  // 20 years

void come_back(Injector& injector, const Fault& fault) {
  injector.bring_up(fault.target);
}

}  // namespace

constinit const FaultKind kill{.name = "kill",
                               .number = 0,
                               .begin =
                                   [](Injector& injector, const Fault& fault) {
                                     injector.hold_down(fault.target);
                                     injector.target(fault).kill();
                                   },
                               .end = come_back};

constinit const FaultKind power_loss{.name = "power_loss",
                                     .number = 1,
                                     .begin =
                                         [](Injector& injector, const Fault& fault) {
                                           injector.hold_down(fault.target);
                                           injector.lose_power(fault.target);
                                         },
                                     .end = come_back};

constinit const FaultKind stop{.name = "stop",
                               .number = 2,
                               .begin =
                                   [](Injector& injector, const Fault& fault) {
                                     injector.hold_down(fault.target);
                                     injector.target(fault).request_stop();
                                   },
                               .end = come_back};

constinit const FaultKind pause{.name = "pause",
                                .number = 3,
                                .begin = [](Injector& injector, const Fault& fault) { injector.target(fault).pause(); },
                                .end = [](Injector& injector, const Fault& fault) { injector.target(fault).resume(); }};

constinit const FaultKind busy_shard{
    .name = "busy_shard",
    .number = 35,
    .amount = {.min = 0},
    .begin = [](Injector& injector,
                const Fault& fault) { injector.target(fault).stall_shard(static_cast<std::uint64_t>(fault.amount)); },
    .end = [](Injector& injector, const Fault& fault) { injector.target(fault).end_stalls(); }};

constinit const FaultKind slow_process{
    .name = "slow_process",
    .number = 36,
    .amount = {0, 1'000'000},
    .begin = [](Injector& injector,
                const Fault& fault) { injector.target(fault).set_step_cost(microseconds(fault.amount)); },
    .end = [](Injector& injector, const Fault& fault) { injector.target(fault).set_step_cost(Duration(0)); }};

constinit const FaultKind clock_jump{
    .name = "clock_jump",
    .number = 16,
    .amount = {-clock_ms_max, clock_ms_max},
    .begin =
        [](Injector& injector, const Fault& fault) {
          injector.target(fault).jump_clock(fault.amount);
          injector.note_clock(fault.target);
        },
    .end = [](Injector& injector, const Fault& fault) { injector.target(fault).jump_clock(-fault.amount); }};

constinit const FaultKind clock_drift{.name = "clock_drift",
                                      .number = 17,
                                      .amount = {-999'999, 1'000'000},
                                      .begin =
                                          [](Injector& injector, const Fault& fault) {
                                            auto& node = injector.target(fault);
                                            node.set_clock({node.clock_faults().offset_ms, fault.amount});
                                          },
                                      .end =
                                          [](Injector& injector, const Fault& fault) {
                                            auto& node = injector.target(fault);
                                            node.set_clock({node.clock_faults().offset_ms, 0});
                                          }};

}  // namespace fulmar::faults
