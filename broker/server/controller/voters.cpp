#include "broker/server/controller/voters.h"

#include <algorithm>

namespace fulmar {

namespace {

bool has_broker(const std::vector<ReplicaId>& ids, std::int32_t broker) {
  return std::ranges::find(ids, broker, &ReplicaId::broker) != ids.end();
}

std::vector<ReplicaId> on_their_directories(std::vector<ReplicaId> ids, const MetadataImage& image) {
  for (auto& id : ids)
    if (auto found = image.brokers.find(id.broker); found != image.brokers.end())
      id.directory = found->second.directory;
  return ids;
}

std::string text_of(const std::vector<ReplicaId>& ids) {
  std::string text;
  for (const auto& id : ids) text += (text.empty() ? "" : ", ") + std::to_string(id.broker);
  return text;
}

}  // namespace

MetadataVoters metadata_voters(const MetadataLog& metadata) {
  return {metadata.voters(), metadata.replica().raft().configuration().all_voters()};
}

std::vector<ReplicaId> wanted_voters(const MetadataImage& image, const MetadataVoters& now,
                                     const std::set<std::int32_t>& configured) {
  auto voters = on_their_directories(now.target, image);
  auto in_force = on_their_directories(now.in_force, image);
  auto was_removed = [&](std::int32_t broker) {
    auto found = image.controllers.find(broker);
    return found != image.controllers.end() && !found->second;
  };
  std::erase_if(voters, [&](const ReplicaId& id) {
    if (was_removed(id.broker)) return true;
    auto found = image.brokers.find(id.broker);
    if (found == image.brokers.end()) return false;
    bool votes = std::ranges::find(in_force, id) != in_force.end();
    return found->second.leaving || (!votes && found->second.fenced);
  });
  auto decide = configured;
  for (const auto& [broker, decides] : image.controllers)
    if (decides) decide.insert(broker);
  for (auto broker : decide) {
    auto found = image.brokers.find(broker);
    bool there = found != image.brokers.end() && found->second.may_lead();
    if (there && !was_removed(broker) && !has_broker(voters, broker))
      voters.push_back({broker, found->second.directory});
  }
  std::ranges::sort(voters);
  return voters;
}

VoterRefusal may_add_voter(const MetadataImage& image, const MetadataVoters& now, const ReplicaId& voter) {
  auto name = std::to_string(voter.broker);
  if (has_broker(now.in_force, voter.broker) && has_broker(now.target, voter.broker))
    return {ErrorCode::duplicate_voter,
            "The voter id for " + name + " is already part of the set of voters " + text_of(now.in_force) + "."};
  auto broker = image.brokers.find(voter.broker);
  if (broker == image.brokers.end())
    return {ErrorCode::broker_id_not_registered, "There is no broker " + name + " in the cluster."};
  if (broker->second.directory != voter.directory)
    return {ErrorCode::invalid_voter_key, "Broker " + name + " has another data directory."};
  if (now.target.size() >= controllers_max && !has_broker(now.target, voter.broker))
    return {ErrorCode::invalid_request, "There are " + std::to_string(now.target.size()) +
                                            " controllers already, which is as many as there may be."};
  if (!broker->second.may_lead())
    return {ErrorCode::request_timed_out, "New voter " + name + " is not ready to receive requests"};
  return {};
}

VoterRefusal may_remove_voter(const MetadataVoters& now, const ReplicaId& voter) {
  auto there = std::ranges::find(now.in_force, voter) != now.in_force.end() ||
               std::ranges::find(now.target, voter) != now.target.end();
  if (!there)
    return {ErrorCode::voter_not_found,
            "Cannot remove voter " + std::to_string(voter.broker) + " from the set of voters " + text_of(now.in_force)};
  if (now.target.size() == 1 && now.target.front() == voter)
    return {ErrorCode::invalid_request, "It is the only controller."};
  return {};
}

}  // namespace fulmar
