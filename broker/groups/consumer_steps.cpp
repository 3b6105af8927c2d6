// The steps of consumer groups: one after the other; all records of a step are committed before the next begins.
#include <algorithm>
#include <ranges>

#include "broker/groups/consumer_groups.h"
#include "broker/groups/coordinator.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

// The records of a step are appended in batches of about this many bytes, well below max.message.bytes. A step with
// this many bytes of records takes no more waiting requests.
constexpr std::size_t batch_bytes = std::size_t{256} << 10;

}  // namespace

void ConsumerStep::put(StateRecord record) {
  bytes += bytes_of(record);
  undo.push_back(group.put(record));
  records.push_back(std::move(record));
}

void ConsumerGroups::enqueue(Group& group, ConsumerGroup::Waiting waiting, CoordinatorTime now) {
  group.consumer->waiting.push_back(std::move(waiting));
  if (!group.consumer->step) run(group, now);
}

void ConsumerGroups::run(Group& group, CoordinatorTime now, bool may_downgrade) {
  auto& consumer = *group.consumer;
  FULMAR_ASSERT(!consumer.step);
  Step step{group, consumer};
  while (!consumer.waiting.empty() && step.bytes < batch_bytes) {
    auto next = std::move(consumer.waiting.front());
    consumer.waiting.pop_front();
    next.act(step, now);
  }
  if (step.records.empty()) {
    for (auto& answer : step.answers) coordinator_.output_.answers.push_back(std::move(answer));
    if (may_downgrade && downgrade(group, now)) return;
    return drop_if_nothing(group);
  }
  consumer.step.emplace();
  consumer.step->answers = std::move(step.answers);
  std::size_t bytes = batch_bytes;
  for (std::size_t n = 0; n < step.records.size(); ++n) {
    if (bytes >= batch_bytes) {
      consumer.step->records.emplace_back();
      consumer.step->undo.emplace_back();
      bytes = 0;
    }
    bytes += bytes_of(step.records[n]);
    consumer.step->records.back().push_back(std::move(step.records[n]));
    consumer.step->undo.back().push_back(std::move(step.undo[n]));
  }
  hand_out(group, now);
}

void ConsumerGroups::hand_out(Group& group, CoordinatorTime now) {
  auto records = group.consumer->step->records.front();
  coordinator_.append(std::move(records), {{group.id(), GroupCoordinator::Stepped{}}}, now);
}

void ConsumerGroups::committed(Group& group, CoordinatorTime now) {
  auto& step = *group.consumer->step;
  step.records.pop_front();
  step.undo.pop_front();
  if (!step.records.empty()) return hand_out(group, now);
  auto done = *std::exchange(group.consumer->step, std::nullopt);
  for (auto& answer : done.answers) coordinator_.output_.answers.push_back(std::move(answer));
  if (done.downgraded) return downgraded(group, std::move(*done.downgraded), now);
  if (done.upgrade) upgraded(group, *done.upgrade->before, now);
  run(group, now);
}

// The appends of the step after the failed one were not given out, so nothing of them is in the log either.
void ConsumerGroups::failed(Group& group, ErrorCode why, CoordinatorTime now) {
  auto step = *std::exchange(group.consumer->step, std::nullopt);
  if (step.upgrade) return undo_upgrade(group, std::move(*step.upgrade), why, now);
  for (const auto& changes : step.undo | std::views::reverse)
    for (const auto& undo : changes | std::views::reverse) group.consumer->put(undo);
  coordinator_.note(group, std::string("a change of it can't be written: ") + error_code_name(why));
  for (auto& answer : step.answers) coordinator_.output_.answers.push_back(with_error(std::move(answer), why));
  group.consumer->topics_seen.reset();
  // Stop the timers of members that joined by this step; start those of members that were removed by it.
  for (const auto& [member, deadline] : std::map(group.consumer->session_deadlines))
    if (!group.consumer->member(member)) forget_timers(group, member);
  for (const auto& [member, said] : group.consumer->members())
    if (!group.consumer->session_deadlines.contains(member)) restart_session(group, member, now);
  run(group, now, false);
}

void ConsumerGroups::late(Group& group, ErrorCode error) {
  if (group.consumer->step) {
    for (auto& answer : std::exchange(group.consumer->step->answers, {}))
      coordinator_.output_.answers.push_back(with_error(std::move(answer), error));
    if (auto& upgrade = group.consumer->step->upgrade) coordinator_.tell_waiting(*upgrade->before, error);
  }
  tell_waiting(group, error);
}

// Timers and other events without a request continue to wait.
void ConsumerGroups::tell_waiting(Group& group, ErrorCode error) {
  auto waiting = std::exchange(group.consumer->waiting, {});
  for (auto& one : waiting) {
    if (one.otherwise)
      coordinator_.output_.answers.push_back(with_error(std::move(*one.otherwise), error));
    else
      group.consumer->waiting.push_back(std::move(one));
  }
}

// Undoes the creation of a group, or its change of kind, for a request that was then refused.
void ConsumerGroups::drop_if_nothing(Group& group) {
  if (group.consumer->epoch() > 0 || !group.consumer->waiting.empty()) return;
  group.consumer.reset();
  if (!group.persisted && group.uncommitted == 0) coordinator_.erase(std::string(group.id()));
}

}  // namespace fulmar
