#include "broker/transactions/coordinator.h"

#include <algorithm>

#include "broker/coordinator/append_error.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

std::optional<ErrorCode> TransactionCoordinator::not_serving() const {
  switch (phase_) {
    case Phase::loading: return ErrorCode::coordinator_load_in_progress;
    case Phase::active:
      if (pending_.size() >= settings_.uncommitted_max) {
        FULMAR_MARK("transactions: too much is uncommitted");
        return ErrorCode::coordinator_not_available;
      }
      return std::nullopt;
    case Phase::resigned: return ErrorCode::not_coordinator;
  }
  FULMAR_UNREACHABLE();
}

TransactionCoordinator::Entry* TransactionCoordinator::find(const std::string& id) {
  auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

const Transaction* TransactionCoordinator::committed_state(const std::string& id) const {
  auto found = entries_.find(id);
  return found == entries_.end() || !found->second.current ? nullptr : &*found->second.current;
}

// While the controller gives none, clients have to retry (as in Kafka, while its block of ids is being fetched).
void TransactionCoordinator::need_producer_id(TransactionToken token) {
  FULMAR_MARK("transactions: no producer id at hand");
  output_.answers.push_back(
      {.token = token, .error = ErrorCode::coordinator_load_in_progress, .needs_producer_id = true});
}

void TransactionCoordinator::note(const std::string& id, const std::string& what) {
  constexpr std::size_t shown_max = 255;  // of strings that clients choose
  output_.notes.push_back("transactional id " + id.substr(0, shown_max) + ": " + what);
}

// -- Loading

Result<void> TransactionCoordinator::replay(const TransactionLogRecord& record) {
  FULMAR_ASSERT(phase_ == Phase::loading && !load_cursor_);
  const auto& id = record.key.transactional_id;
  if (!record.value) {
    entries_.erase(id);
    return {};
  }
  auto loaded = Transaction::from_record(*record.value);
  bool state_known = loaded.state != TransactionState::dead && loaded.state != TransactionState::prepare_epoch_fence;
  bool open = loaded.state == TransactionState::ongoing;
  if (!state_known || loaded.producer_id < 0 || loaded.producer_epoch < 0 || loaded.timeout_ms < 0 ||
      loaded.started < -1 || loaded.updated < -1 || (open && loaded.producer_epoch == producer_epoch_max))
    return fail(Errc::corrupt, "transactional id " + id + " in a state that no coordinator writes");
  entries_[id].current = std::move(loaded);
  return {};
}

bool TransactionCoordinator::finish_loading(CoordinatorTime now) {
  FULMAR_ASSERT(phase_ == Phase::loading);
  constexpr std::size_t per_slice = 1'000;
  auto entry = load_cursor_ ? entries_.upper_bound(*load_cursor_) : entries_.begin();
  for (std::size_t done = 0; entry != entries_.end() && done < per_slice; ++entry, ++done) {
    auto& [id, state] = *entry;
    load_cursor_ = id;
    if (state.current->state == TransactionState::ongoing) {
      FULMAR_MARK("transactions: open transaction taken over");
      state.times_out = timeout_of(*state.current, now);
    }
    if (state.current->prepared()) {
      FULMAR_MARK("transactions: ended transaction taken over");
      begin_marking(id, state);
    }
    schedule(id, state);
  }
  if (entry != entries_.end()) return false;
  phase_ = Phase::active;
  next_expiration_ = now.instant + settings_.id_expiration_check_interval;
  return true;
}

// -- Changes

void TransactionCoordinator::append(const std::string& id, Entry& entry, std::optional<Transaction> next,
                                    std::optional<TransactionAnswer> answer) {
  FULMAR_ASSERT(phase_ == Phase::active && !entry.change);
  set_timer(id, entry, std::nullopt);
  TransactionLogRecord record{{id}, std::nullopt};
  if (next) record.value = next->record();
  entry.change = Change{++last_append_, std::move(next), answer};
  pending_.emplace_back(last_append_, id);
  output_.appends.push_back({last_append_, std::move(record)});
}

void TransactionCoordinator::committed(AppendId through, CoordinatorTime now) {
  if (phase_ != Phase::active) return;
  FULMAR_ASSERT(through <= last_append_);
  while (!pending_.empty() && pending_.front().first <= through) {
    auto id = std::move(pending_.front().second);
    pending_.pop_front();
    apply(id, now);
  }
}

void TransactionCoordinator::apply(const std::string& id, CoordinatorTime now) {
  auto* entry = find(id);
  FULMAR_ASSERT(entry && entry->change);
  auto change = *std::exchange(entry->change, std::nullopt);
  if (change.answer) output_.answers.push_back(*change.answer);
  if (!change.next) {
    entries_.erase(id);
    return;
  }
  bool begins = change.next->state == TransactionState::ongoing &&
                (!entry->current || entry->current->state != TransactionState::ongoing);
  entry->current = std::move(change.next);
  if (begins) entry->times_out = timeout_of(*entry->current, now);
  if (entry->current->prepared()) begin_marking(id, *entry);
  schedule(id, *entry);
}

void TransactionCoordinator::append_failed(AppendId id, ErrorCode why, CoordinatorTime now) {
  if (phase_ != Phase::active) return;
  auto found = std::ranges::lower_bound(pending_, id, {}, &std::pair<AppendId, std::string>::first);
  FULMAR_ASSERT(found != pending_.end() && found->first == id);
  auto transactional_id = std::move(found->second);
  pending_.erase(found);
  auto* entry = find(transactional_id);
  FULMAR_ASSERT(entry && entry->change && entry->change->append == id);
  auto change = *std::exchange(entry->change, std::nullopt);
  if (change.answer) {
    FULMAR_MARK("transactions: change could not be appended");
    refuse(change.answer->token, client_error_of_append(why));
  }
  if (!entry->current)
    entries_.erase(transactional_id);
  else
    schedule(transactional_id, *entry, now.instant + settings_.retry_interval);
}

// -- Time

// Counts what has passed by the wall clock, which may have jumped: at most the timeout remains.
Instant TransactionCoordinator::timeout_of(const Transaction& transaction, CoordinatorTime now) {
  Timestamp passed = 0;
  if (__builtin_sub_overflow(now.wall, transaction.started, &passed)) passed = 0;
  auto left = std::clamp<std::int64_t>(
      transaction.timeout_ms - std::clamp<std::int64_t>(passed, 0, transaction.timeout_ms), 0, transaction.timeout_ms);
  return now.instant + milliseconds(left);
}

void TransactionCoordinator::set_timer(const std::string& id, Entry& entry, std::optional<Instant> at) {
  if (entry.timer == at) return;
  if (entry.timer) timers_.erase({*entry.timer, id});
  entry.timer = at;
  if (at) timers_.insert({*at, id});
}

void TransactionCoordinator::schedule(const std::string& id, Entry& entry, Instant earliest) {
  if (entry.change) return set_timer(id, entry, std::nullopt);
  if (entry.current->state == TransactionState::ongoing)
    set_timer(id, entry, std::max(earliest, entry.times_out));
  else if (entry.current->prepared() && entry.unmarked.empty())
    set_timer(id, entry, earliest);
  else
    set_timer(id, entry, std::nullopt);
}

void TransactionCoordinator::fire(const std::string& id, CoordinatorTime now) {
  auto* entry = find(id);
  FULMAR_ASSERT(entry && !entry->change);
  if (entry->current->state != TransactionState::ongoing) return complete(id, *entry, now);
  FULMAR_MARK("transactions: timed out");
  note(id, "its transaction is aborted: it has been open for longer than its timeout of " +
               std::to_string(entry->current->timeout_ms) + " ms");
  fence(id, *entry, std::nullopt, now);
}

void TransactionCoordinator::tick(CoordinatorTime now) {
  constexpr int fired_per_tick = 1'000;
  if (phase_ != Phase::active) return;
  // The rest is due at once again.
  for (int fired = 0; fired < fired_per_tick && !timers_.empty() && timers_.begin()->first <= now.instant; ++fired) {
    auto id = timers_.begin()->second;
    set_timer(id, *find(id), std::nullopt);
    fire(id, now);
  }
  if (expire_cursor_ || next_expiration_ <= now.instant) expire_slice(now);
}

Instant TransactionCoordinator::next_deadline() const {
  if (phase_ != Phase::active) return Instant::max();
  if (expire_cursor_) return Instant{};  // more to do at once
  return timers_.empty() ? next_expiration_ : std::min(next_expiration_, timers_.begin()->first);
}

void TransactionCoordinator::resign() {
  if (phase_ == Phase::resigned) return;
  for (const auto& [append, id] : pending_) {
    FULMAR_MARK("transactions: resigned before a change was committed");
    if (auto& answer = find(id)->change->answer) refuse(answer->token, ErrorCode::not_coordinator);
  }
  phase_ = Phase::resigned;
  entries_.clear();
  pending_.clear();
  timers_.clear();
  to_mark_.clear();
  expire_cursor_.reset();
}

}  // namespace fulmar
