#include "scenarios/life_recorder.h"

#include <map>
#include <memory>
#include <ranges>
#include <string>
#include <utility>

#include "campaign/follow.h"
#include "checkers/history.h"
#include "scenarios/described_operations.h"
#include "scenarios/request_names.h"
#include "sim/world.h"

namespace fulmar {

namespace {

using Operation = LifeRecord::Operation;

}  // namespace

void follow_brokers(World& world, const Plan& plan, const LifeOptions& options, LifeRecord& record) {
  follow(world, plan, options, record);
  if (!options.happening) return;
  world.network().set_namer([names = std::make_shared<RequestNames>()](auto connection, bool from_client, auto bytes) {
    return names->name(connection, from_client, bytes);
  });
}

std::vector<LifeRecord::Operation> operations_of(const History& history) {
  std::multimap<Instant, Operation> ordered;  // those of one instant stay in the order they are added
  auto add = [&](const auto& operations) {
    for (const auto& each : operations) {
      auto operation = described(each);
      auto invoked = operation.invoked;
      ordered.emplace(invoked, std::move(operation));
    }
  };
  add(history.sends);
  add(history.reads);
  add(history.deletes);
  add(history.lookups);
  add(history.epoch_ends);
  add(history.topic_operations);
  add(history.group_joins);
  add(history.group_syncs);
  add(history.group_commits);
  add(history.group_fetches);
  add(history.transactions);
  add(history.take_overs);
  add(history.committed_reads);
  add(history.stable_offsets);
  add(history.controller_operations);
  add(history.access_operations);
  add(history.authentication_attempts);
  add(history.guarded_requests);
  add(history.keyed_sends);
  add(history.keyed_reads);
  std::vector<Operation> all;
  all.reserve(ordered.size());
  for (auto& operation : ordered | std::views::values) all.push_back(std::move(operation));
  return all;
}

}  // namespace fulmar
