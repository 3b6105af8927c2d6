#include "scenarios/damage/damage_faults.h"

#include <iterator>

#include "faults/injector.h"
#include "faults/kinds.h"
#include "scenarios/damage/damageable_files.h"

namespace fulmar {

namespace faults {

namespace {

constexpr AmountRange choices{.min = 0};  // an index into the candidates

using Files = std::vector<DamageableFile> (*)(const SimDisk& disk);
using Damage = std::string (*)(SimDisk& disk, const std::vector<DamageableFile>& files, std::int64_t pick);

template <Files files, Damage damage, bool promised>
constexpr FaultKind damaging(std::string_view name, std::uint64_t number) {
  return {.name = name,
          .number = number,
          .amount = choices,
          .takes_promises = promised,
          .begin =
              [](Injector& injector, const Fault& fault) {
                injector.hold_down(fault.target);
                injector.lose_power(fault.target);
                auto& disk = injector.target(fault).disk();
                injector.count_damage(damage(disk, files(disk), fault.amount));
                if (promised) injector.on_disk_hurt(fault.target);
              },
          .end = [](Injector& injector, const Fault& fault) { injector.bring_up(fault.target); }};
}

}  // namespace

constinit const FaultKind damage = damaging<damageable_records, damage_sector, true>("damage", 22);
constinit const FaultKind damage_side_file =
    damaging<damageable_side_files, damage_in_some_way, false>("damage_side_file", 37);
constinit const FaultKind damage_small_file =
    damaging<damageable_small_files, damage_in_some_way, true>("damage_small_file", 38);

}  // namespace faults

const FaultKinds& fault_kinds() {
  static constexpr const FaultKind* own[] = {&faults::damage, &faults::damage_side_file, &faults::damage_small_file};
  static const FaultKinds all{faults::of_any_world(), own};
  return all;
}

}  // namespace fulmar
