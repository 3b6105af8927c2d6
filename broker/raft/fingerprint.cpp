// Copies of a replica's core, and its state as text, for the exhaustive search.
#include "broker/raft/raft.h"

namespace fulmar {

std::unique_ptr<Raft> Raft::clone() const {
  return std::unique_ptr<Raft>(new Raft(*this));
}

std::string Raft::fingerprint(const Renaming& rename) const {
  std::string text;
  auto add = [&](auto number) { text += std::to_string(static_cast<std::int64_t>(number)) + ","; };
  auto add_id = [&](const std::optional<ReplicaId>& id) { text += id ? to_string(rename(*id)) + "," : "-,"; };
  auto add_mark = [&](const ConfigurationMark& mark) { add(mark.term), add(mark.version); };
  auto add_each = [&](const std::vector<ReplicaId>& ids, const char* before) {
    for (const auto& id : renamed(ids, rename)) text += before + to_string(id) + ",";
  };
  // In the order of the new names.
  auto each = [&](const auto& by_id, const auto& add_value) {
    std::map<ReplicaId, ReplicaId> old_names;
    for (const auto& entry : by_id) old_names.emplace(rename(entry.first), entry.first);
    for (const auto& [name, old] : old_names) text += to_string(name) + ",", add_value(old, by_id.at(old));
  };

  add(role_), add(state_.term), add_id(state_.vote), add(state_.log_term), add(state_.solo), add(state_.damage);
  add_mark(state_.configuration.mark), add_mark(stored_configuration_);
  text += to_string(renamed(state_.configuration.configuration, rename)) + ",";
  add_id(leader_), add(commit_), add(verified_), add(acknowledged_), add(term_start_.value_or(-1));
  add(stored_log_term_), add(start_owed_), add(pending_ ? pending_->end : -1), add(pending_ ? pending_->commit : -1);
  each(votes_, [&](const ReplicaId&, bool yes) { add(yes); });
  each(peers_, [&](const ReplicaId& id, const Progress& progress) {
    add(progress.match()), add(progress.is_of_term()), add(progress.log_start());
    add(progress.damage()), add_mark(progress.configuration());
    // Whether a learner is in Feeding::replicate decides whether it may become a voter.
    if (!configuration().is_voter(id)) add(progress.feeding() == Feeding::replicate);
  });
  if (log_.tombstone_bound() > 0) add(removable_);
  text += "to ";
  add_each(target_, "");
  add_each(target_learners_, "+");
  return text;
}

}  // namespace fulmar
