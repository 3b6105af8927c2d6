// What a replica's part in its group comes to, as bytes: for those who explore what may become of it.
#include "broker/raft/raft.h"

namespace fulmar {

std::unique_ptr<Raft> Raft::clone() const {
  return std::unique_ptr<Raft>(new Raft(*this));
}

std::string Raft::fingerprint() const {
  std::string text;
  auto add = [&](auto number) { text += std::to_string(static_cast<std::int64_t>(number)) + ","; };
  auto add_id = [&](const std::optional<ReplicaId>& id) { text += id ? to_string(*id) + "," : "-,"; };
  add(role_), add(state_.term), add_id(state_.vote), add(state_.log_term), add(state_.solo), add(state_.damage);
  auto add_mark = [&](const ConfigurationMark& mark) { add(mark.term), add(mark.version); };
  add_mark(state_.configuration.mark), add_mark(stored_configuration_);
  text += to_string(state_.configuration.configuration) + ",";
  add_id(leader_), add(commit_), add(verified_), add(acknowledged_), add(term_start_.value_or(-1));
  add(stored_log_term_), add(start_owed_), add(pending_ ? pending_->end : -1), add(pending_ ? pending_->commit : -1);
  for (const auto& [id, yes] : votes_) add_id(id), add(yes);
  for (const auto& [id, progress] : peers_) {
    add_id(id), add(progress.match()), add(progress.is_of_term()), add(progress.log_start());
    add(progress.damage()), add_mark(progress.configuration());
    // Of a learner its feeding decides whether it may become a voter.
    if (!configuration().is_voter(id)) add(progress.feeding() == Feeding::replicate);
  }
  text += "to ";
  for (const auto& id : target_) add_id(id);
  for (const auto& id : target_learners_) text += "+", add_id(id);
  return text;
}

}  // namespace fulmar
