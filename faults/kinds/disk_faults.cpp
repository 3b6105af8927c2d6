// Disks that are slow, stuck, full, wiped, or fail some of their operations.
#include "faults/injector.h"
#include "faults/kinds.h"

namespace fulmar::faults {

namespace {

constexpr AmountRange permille{0, 1000};

void change(Injector& injector, const Fault& fault, void (*how)(DiskFaults& faults, const Fault& fault)) {
  auto& disk = injector.target(fault).disk();
  auto faults = disk.faults();
  how(faults, fault);
  disk.set_faults(faults);
}

template <std::uint64_t DiskFaults::* errors>
void begin_errors(Injector& injector, const Fault& fault) {
  change(injector, fault,
         [](DiskFaults& faults, const Fault& f) { faults.*errors = static_cast<std::uint64_t>(f.amount); });
}

template <std::uint64_t DiskFaults::* errors>
void end_errors(Injector& injector, const Fault& fault) {
  change(injector, fault, [](DiskFaults& faults, const Fault&) { faults.*errors = 0; });
}

// Errors after which the process distrusts some of its files, so that it is restarted.
template <std::uint64_t DiskFaults::* errors>
constexpr FaultKind hurting(std::string_view name, std::uint64_t number) {
  return {.name = name,
          .number = number,
          .amount = permille,
          .begin =
              [](Injector& injector, const Fault& fault) {
                injector.hurt(fault.target);
                begin_errors<errors>(injector, fault);
              },
          .end =
              [](Injector& injector, const Fault& fault) {
                end_errors<errors>(injector, fault);
                injector.restart_hurt(fault.target);
              }};
}

// Transient errors.
template <std::uint64_t DiskFaults::* errors>
constexpr FaultKind passing(std::string_view name, std::uint64_t number) {
  return {.name = name, .number = number, .amount = permille, .begin = begin_errors<errors>, .end = end_errors<errors>};
}

}  // namespace

constinit const FaultKind wipe{.name = "wipe",
                               .number = 23,
                               .takes_promises = true,
                               .begin =
                                   [](Injector& injector, const Fault& fault) {
                                     injector.hold_down(fault.target);
                                     injector.lose_power(fault.target);
                                     injector.target(fault).disk().wipe();
                                     injector.on_disk_hurt(fault.target);
                                   },
                               .end = [](Injector& injector, const Fault& fault) { injector.bring_up(fault.target); }};

constinit const FaultKind disk_slow{
    .name = "disk_slow",
    .number = 4,
    .amount = {1, 1000},
    .begin =
        [](Injector& injector, const Fault& fault) {
          change(injector, fault, [](DiskFaults& faults, const Fault& f) { faults.slow_factor = f.amount; });
        },
    .end =
        [](Injector& injector, const Fault& fault) {
          change(injector, fault,
                 [](DiskFaults& faults, const Fault&) { faults.slow_factor = DiskFaults().slow_factor; });
        }};

constinit const FaultKind slow_reads{
    .name = "slow_reads",
    .number = 39,
    .amount = {1, 10'000},
    .begin =
        [](Injector& injector, const Fault& fault) {
          change(injector, fault, [](DiskFaults& faults, const Fault& f) { faults.slow_read_ms = f.amount; });
        },
    .end =
        [](Injector& injector, const Fault& fault) {
          change(injector, fault,
                 [](DiskFaults& faults, const Fault&) { faults.slow_read_ms = DiskFaults().slow_read_ms; });
        }};

constinit const FaultKind disk_stuck{
    .name = "disk_stuck",
    .number = 5,
    .begin =
        [](Injector& injector, const Fault& fault) {
          change(injector, fault, [](DiskFaults& faults, const Fault&) { faults.stuck = true; });
        },
    .end =
        [](Injector& injector, const Fault& fault) {
          change(injector, fault, [](DiskFaults& faults, const Fault&) { faults.stuck = false; });
        }};

constinit const FaultKind disk_full{
    .name = "disk_full",
    .number = 6,
    .amount = {0, std::int64_t{1} << 50},
    .begin =
        [](Injector& injector, const Fault& fault) {
          auto& disk = injector.target(fault).disk();
          auto faults = disk.faults();
          faults.capacity_bytes = disk.image().used_bytes() + static_cast<std::uint64_t>(fault.amount);
          disk.set_faults(faults);
        },
    .end =
        [](Injector& injector, const Fault& fault) {
          change(injector, fault,
                 [](DiskFaults& faults, const Fault&) { faults.capacity_bytes = DiskFaults().capacity_bytes; });
        }};

constinit const FaultKind read_errors = hurting<&DiskFaults::read_error_permille>("read_errors", 7);
constinit const FaultKind write_errors = hurting<&DiskFaults::write_error_permille>("write_errors", 8);
constinit const FaultKind sync_errors = hurting<&DiskFaults::sync_error_permille>("sync_errors", 9);
constinit const FaultKind open_errors = hurting<&DiskFaults::open_error_permille>("open_errors", 31);
constinit const FaultKind rename_errors = hurting<&DiskFaults::rename_error_permille>("rename_errors", 32);
constinit const FaultKind short_reads = passing<&DiskFaults::short_read_permille>("short_reads", 29);
constinit const FaultKind transient_read_errors =
    passing<&DiskFaults::read_error_permille>("transient_read_errors", 30);
constinit const FaultKind remove_errors = passing<&DiskFaults::remove_error_permille>("remove_errors", 33);
constinit const FaultKind list_errors = passing<&DiskFaults::list_error_permille>("list_errors", 34);

}  // namespace fulmar::faults
