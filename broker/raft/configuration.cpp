#include "broker/raft/configuration.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

bool contains(const std::vector<ReplicaId>& ids, const ReplicaId& id) {
  return std::binary_search(ids.begin(), ids.end(), id);
}

std::vector<ReplicaId> merged(const std::vector<ReplicaId>& a, const std::vector<ReplicaId>& b) {
  std::vector<ReplicaId> all;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all));
  return all;
}

std::int64_t reached_by_majority(const std::vector<ReplicaId>& voters,
                                 const std::function<std::int64_t(const ReplicaId&)>& reached) {
  FULMAR_ASSERT(!voters.empty());
  boost::container::small_vector<std::int64_t, 8> values;
  for (const auto& id : voters) values.push_back(reached(id));
  std::sort(values.begin(), values.end(), std::greater<>());
  return values[voters.size() / 2];
}

void print(std::string& text, const std::vector<ReplicaId>& ids) {
  for (const auto& id : ids) {
    if (!text.empty() && text.back() != ' ') text += ' ';
    text += to_string(id);
  }
}

}  // namespace

std::string to_string(const ReplicaId& id) {
  auto text = std::to_string(id.broker);
  if (!id.directory.is_zero()) text += "/" + to_string(id.directory);
  return text;
}

std::vector<ReplicaId> renamed(const std::vector<ReplicaId>& ids, const Renaming& rename) {
  std::vector<ReplicaId> names;
  for (const auto& id : ids) names.push_back(rename(id));
  std::sort(names.begin(), names.end());
  return names;
}

Configuration renamed(const Configuration& configuration, const Renaming& rename) {
  return {renamed(configuration.voters, rename), renamed(configuration.next_voters, rename),
          renamed(configuration.learners, rename)};
}

bool Configuration::is_well_formed() const {
  auto ascends = [](const std::vector<ReplicaId>& ids) {
    return std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end();
  };
  if (!ascends(voters) || !ascends(next_voters) || !ascends(learners)) return false;
  if (voters.empty()) return next_voters.empty() && learners.empty();
  return std::none_of(learners.begin(), learners.end(), [&](const ReplicaId& id) { return is_voter(id); });
}

bool Configuration::is_voter(const ReplicaId& id) const {
  return contains(voters, id) || contains(next_voters, id);
}

bool Configuration::is_learner(const ReplicaId& id) const {
  return contains(learners, id);
}

std::vector<ReplicaId> Configuration::all_voters() const {
  return merged(voters, next_voters);
}

std::vector<ReplicaId> Configuration::members() const {
  return merged(all_voters(), learners);
}

bool Configuration::has_quorum(const std::function<bool(const ReplicaId&)>& yes) const {
  return reached_by_quorum([&](const ReplicaId& id) { return std::int64_t{yes(id)}; }) == 1;
}

std::int64_t Configuration::reached_by_quorum(const std::function<std::int64_t(const ReplicaId&)>& reached) const {
  auto value = reached_by_majority(voters, reached);
  return joint() ? std::min(value, reached_by_majority(next_voters, reached)) : value;
}

std::string to_string(const Configuration& configuration) {
  std::string text;
  print(text, configuration.voters);
  if (configuration.joint()) {
    text += " -> ";
    print(text, configuration.next_voters);
  }
  if (!configuration.learners.empty()) {
    text += " + ";
    print(text, configuration.learners);
  }
  return text;
}

}  // namespace fulmar
