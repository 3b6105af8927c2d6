// Resolves the regular expressions of subscriptions to topics: one slice of topics per tick, when an expression is new
// and when topics have changed. If the topics of an expression are others than before, the group's epoch rises. Kafka
// does this in a thread beside its coordinator.
#include <algorithm>

#include "broker/groups/consumer_groups.h"
#include "broker/groups/coordinator.h"

namespace fulmar {

namespace {

constexpr std::size_t names_per_slice = 200;
// At most one round in this time, so that topics created one after the other cause few rounds.
constexpr Duration round_interval = seconds(10);

}  // namespace

void ConsumerGroups::set_topics(GroupTopicsPtr topics, CoordinatorTime now) {
  topics_ = std::move(topics);
  ++topics_version_;
  if (!with_patterns_.empty()) next_round_ = std::min(next_round_, std::max(now.instant, last_round_ + round_interval));
}

void ConsumerGroups::resolve_soon(const std::string& group, const std::string& expression) {
  with_patterns_.insert(group);
  auto [added, is_new] = to_resolve_.insert({group, expression});
  if (is_new && added == to_resolve_.begin()) resolving_.reset();
}

void ConsumerGroups::used_by(const std::string& group, const std::string& expression, GroupTopics::Asker asker) {
  if (!topics_ || !topics_->are_guarded()) return;
  const bool unknown = !askers_.contains({group, expression});
  askers_.insert_or_assign({group, expression}, std::move(asker));
  if (unknown) resolve_soon(group, expression);
}

Instant ConsumerGroups::next_deadline() const {
  return to_resolve_.empty() ? next_round_ : Instant{};
}

void ConsumerGroups::tick(CoordinatorTime now) {
  if (next_round_ <= now.instant) {
    next_round_ = Instant::max();
    last_round_ = now.instant;
    for (auto id = with_patterns_.begin(); id != with_patterns_.end();) {
      auto* group = coordinator_.find(*id);
      bool any = false;
      if (group && group->consumer)
        for (const auto& [expression, value] : group->consumer->patterns()) {
          to_resolve_.insert({*id, expression});
          any = true;
        }
      id = any ? std::next(id) : with_patterns_.erase(id);
    }
    resolving_.reset();
  }
  if (to_resolve_.empty()) return;
  const auto& [group, expression] = *to_resolve_.begin();
  const auto asker = askers_.find({group, expression});
  const bool guarded = topics_ && topics_->are_guarded();
  if (guarded && asker == askers_.end()) {  // until a member is heard of it stays as it was
    to_resolve_.erase(to_resolve_.begin());
    resolving_.reset();
    return;
  }
  if (!resolving_) {
    auto compiled = TopicPattern::compile(expression);
    if (!compiled) {  // it was loaded from a log that another implementation wrote
      to_resolve_.erase(to_resolve_.begin());
      return;
    }
    resolving_ = Resolving{std::move(*compiled), "", {}};
  }
  auto names = topics_ ? topics_->names_after(resolving_->after, names_per_slice) : std::vector<std::string>{};
  for (auto& name : names) {
    resolving_->after = name;
    const bool hidden = guarded && !topics_->may_describe(asker->second, name);
    if (!hidden && resolving_->pattern.matches(name)) resolving_->topics.push_back(std::move(name));
  }
  if (names.size() == names_per_slice) return;
  auto topics = std::move(resolving_->topics);
  auto done = *to_resolve_.begin();
  to_resolve_.erase(to_resolve_.begin());
  resolving_.reset();
  resolved(done.first, done.second, std::move(topics), now);
}

void ConsumerGroups::resolved(const std::string& id, const std::string& expression, std::vector<std::string> topics,
                              CoordinatorTime now) {
  auto* group = coordinator_.find(id);
  if (!group || !group->consumer || group->in(GroupState::dead)) return;
  enqueue(*group,
          {std::nullopt,
           [this, expression, topics = std::move(topics)](Step& step, CoordinatorTime when) {
             if (!step.group.uses_pattern(expression)) return;
             const auto* before = step.group.pattern(expression);
             if (before && before->topics == topics) return;
             ConsumerGroupRegularExpressionValue value{topics, static_cast<std::int64_t>(topics_version_), when.wall};
             step.put(PatternRecord{{step.shell.id(), expression}, std::move(value)});
             refresh(step, true);
           }},
          now);
}

}  // namespace fulmar
