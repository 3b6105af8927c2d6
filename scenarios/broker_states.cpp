#include "scenarios/broker_states.h"

#include <algorithm>

#include "broker/cluster/metadata_log.h"
#include "scenarios/coordinator_log.h"
#include "sim/sim_domain.h"
#include "sim/world.h"

namespace fulmar {

namespace {

const char* role_name(Role role) {
  switch (role) {
    case Role::follower: return "follower";
    case Role::pre_candidate: return "pre-candidate";
    case Role::candidate: return "candidate";
    case Role::leader: return "leader";
  }
  return "?";
}

std::string voters_of(const Configuration& configuration) {
  std::string all;
  for (const auto& voter : configuration.voters) all += (all.empty() ? "" : " ") + std::to_string(voter.broker);
  return all;
}

std::string described(const ReplicaSight& sight) {
  auto number = [](std::int64_t value) { return std::to_string(value); };
  std::string line = std::string(role_name(sight.role)) + " in term " + number(sight.term) + ", log " +
                     number(sight.log_start) + " to " + number(sight.log_end) + " (last epoch " +
                     number(sight.last_epoch) + "), high watermark " + number(sight.commit);
  if (sight.last_stable >= 0 && sight.last_stable != sight.commit) line += ", last stable " + number(sight.last_stable);
  line += ", voters " + voters_of(sight.configuration);
  if (!sight.synced) line += ", in the page cache only";
  if (sight.damaged) line += ", has lost data that it acknowledged";
  if (sight.made_anew) line += ", starts over";
  return line;
}

}  // namespace

std::string BrokerStates::name_of(const GroupId& group) const {
  if (group == MetadataLog::group()) return "metadata";
  auto name = topics_.find(group.topic);
  return name == topics_.end() ? to_string(group) : name->second + "-" + std::to_string(group.partition);
}

void BrokerStates::stepped(const ReplicaSight& sight) {
  auto& replicas = brokers_[sight.self.broker].replicas;
  auto [known, is_new] = replicas.try_emplace(sight.group, sight);
  const auto before = known->second;
  known->second = sight;
  bool elects = is_new || before.role != sight.role || before.term != sight.term;
  bool moves = before.commit != sight.commit || before.log_start != sight.log_start || before.log_end != sight.log_end;
  if (!elects && !moves) return;
  world_.trace().tell(world_.now(), [&] {
    std::string role = role_name(sight.role);
    return Happening{.kind = Happening::Kind::state,
                     .where = place_of_fiber(),
                     .subject = name_of(sight.group),
                     .text = elects ? "is " + role + " in epoch " + std::to_string(sight.term) : "",
                     .values = {{"id", to_string(sight.group)},
                                {"role", role},
                                {"epoch", std::to_string(sight.term)},
                                {"high watermark", std::to_string(sight.commit)},
                                {"log start", std::to_string(sight.log_start)},
                                {"log end", std::to_string(sight.log_end)}}};
  });
}

void BrokerStates::removed(const GroupId& group, const ReplicaId& self) {
  brokers_[self.broker].replicas.erase(group);
}

void BrokerStates::shows(const ReplicaId& self, const MetadataImage& image) {
  brokers_[self.broker].image = image;
  for (const auto& [name, topic] : image.topics) topics_[topic.id] = name;
}

void BrokerStates::coordinates(const GroupId& partition, std::int32_t broker, Epoch epoch, const AllUnderWay& all) {
  brokers_[broker].coordinators[partition] = {epoch, all};
}

void BrokerStates::ended(std::int32_t broker) {
  brokers_.erase(broker);
}

std::size_t BrokerStates::led_by(std::int32_t broker) const {
  auto known = brokers_.find(broker);
  if (known == brokers_.end()) return 0;
  return static_cast<std::size_t>(std::ranges::count_if(
      known->second.replicas, [](const auto& replica) { return replica.second.role == Role::leader; }));
}

std::vector<std::string> BrokerStates::describe(std::int32_t broker) const {
  std::vector<std::string> lines;
  auto known = brokers_.find(broker);
  if (known == brokers_.end()) return lines;
  const auto& [replicas, coordinators, image] = known->second;
  for (const auto& [group, sight] : replicas) lines.push_back(name_of(group) + ": " + described(sight));
  if (image) {
    lines.push_back("shows the metadata up to offset " + std::to_string(image->offset) + ":");
    for (const auto& [id, other] : image->brokers)
      lines.push_back("  broker " + std::to_string(id) + " is registered" + (other.fenced ? ", fenced" : "") +
                      (other.stopping ? ", stopping" : "") + (other.leaving ? ", leaving" : ""));
  }
  for (const auto& [partition, coordinator] : coordinators) {
    auto replica = replicas.find(partition);
    if (replica == replicas.end() || replica->second.role != Role::leader || replica->second.term != coordinator.epoch)
      continue;
    lines.push_back("coordinates " + name_of(partition) + " in epoch " + std::to_string(coordinator.epoch));
    const auto& image_of_disk = world_.node(static_cast<std::size_t>(broker - 1)).disk().image();
    for (const auto& line : describe_coordinator_log(image_of_disk, name_of(partition), topics_))
      lines.push_back("  " + line);
    for (const auto& [name, what] : coordinator.under_way)
      lines.push_back("  " + name +
                      (what == UnderWay::rebalance ? " rebalances" : ": the end of its transaction is decided"));
  }
  return lines;
}

}  // namespace fulmar
