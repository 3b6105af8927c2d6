#include "scenarios/coordinator_watch.h"

namespace fulmar {

void CoordinatorWatch::coordinates(const GroupId& partition, std::int32_t broker, Epoch epoch, const AllUnderWay& all) {
  auto& known = latest_[partition];
  if (epoch < known.epoch) return;
  bool takes_over = epoch > known.epoch;
  for (const auto& [name, what] : known.all) {
    if (what == UnderWay::rebalance) {
      if (takes_over && broker != known.broker) marks_.reach(Mark::coordinator_lost_in_rebalance);
      continue;
    }
    if (all.contains(name)) continue;
    // If it is complete when this coordinator takes over, the one before has finished it.
    if (!takes_over && known.decided_by.at(name) != broker) marks_.reach(Mark::transaction_finished_by_another);
    known.decided_by.erase(name);
  }
  // What a coordinator finds decided when it takes over, the one before has decided.
  auto decider = takes_over && known.broker >= 0 ? known.broker : broker;
  for (const auto& [name, what] : all)
    if (what == UnderWay::transaction_end) known.decided_by.try_emplace(name, decider);
  known.broker = broker;
  known.epoch = epoch;
  known.all = all;
}

}  // namespace fulmar
