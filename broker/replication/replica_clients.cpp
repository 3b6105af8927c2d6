// What a replica does for clients: appends, deletions, and checks that they have the right leader.
#include "broker/protocol/append_time.h"
#include "broker/replication/replica.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

// The header of the batch as it was stored: the log gives it its time, if that is the topic's rule.
BatchHeader stored_header(const BatchHeader& header, const Bytes& batch, const Appended& appended) {
  if (appended.append_time < 0) return header;
  return with_append_time(header, appended.append_time, batch.view().substr(batch_header_size));
}

}  // namespace

Result<Replica::Proposed, Refusal> Replica::append(const BatchHeader& header, const Bytes& batch,
                                                   std::optional<Epoch> expected, const AppendOrigin& origin) {
  return in_turn([&]() -> Result<Proposed, Refusal> {
    if (out_of_order()) return std::unexpected(Refusal{ErrorCode::kafka_storage_error, "the log is offline"});
    if (!raft_.accepts_appends() || (expected && *expected != raft_.term())) {
      FULMAR_MARK("replication: append to no leader refused");
      return std::unexpected(Refusal{ErrorCode::not_leader_or_follower, "this broker does not lead the partition"});
    }
    say_before_work();
    FULMAR_TRY(auto appended, log_->append(header, batch, raft_.term(), origin));
    if (context_.observer) tell_appended(stored_header(header, batch, appended), appended);
    if (!appended.duplicate) raft_.log_changed(now());
    return Proposed{appended, raft_.term()};
  });
}

Result<std::optional<Replica::Verification>, Refusal> Replica::begin_verification(const BatchHeader& header,
                                                                                  bool own_epoch) {
  return in_turn([&]() -> Result<std::optional<Verification>, Refusal> {
    if (out_of_order()) return std::unexpected(Refusal{ErrorCode::kafka_storage_error, "the log is offline"});
    if (!raft_.accepts_appends())
      return std::unexpected(Refusal{ErrorCode::not_leader_or_follower, "this broker does not lead the partition"});
    auto number = log_->producers().begin_verification(header, own_epoch, now());
    if (!number) return std::nullopt;
    return Verification{*number, raft_.term()};
  });
}

ErrorCode Replica::wait_until(Safety safety, const Proposed& proposed, Deadline deadline) {
  auto end = proposed.appended.last_offset + 1;
  // What a group's only voter has stored is committed in one of its next steps. Whoever reads after the answer has to
  // see it, as on Kafka, which moves the high watermark first.
  auto seen = [&] {
    const auto& known = raft_.configuration();
    return raft_.commit() >= end || known.joint() || known.voters.size() > 1;
  };
  auto safe = [&] {
    if (safety == Safety::kept) return log_->kept_end() >= end && seen();
    return raft_.commit() >= end && kept_by_enough() >= end;
  };
  auto deposed = [&] { return raft_.role() != Role::leader || raft_.term() != proposed.epoch; };
  auto too_few = [&] { return safety == Safety::committed && !enough_in_sync(); };
  changed_.wait([&] { return out_of_order() || deposed() || safe() || too_few(); }, deadline);
  if (out_of_order()) return ErrorCode::kafka_storage_error;
  // Not NOT_LEADER_OR_FOLLOWER, which Kafka answers: clients may conclude from it that the batch was not written.
  if (deposed()) {
    FULMAR_MARK("replication: deposed before the append was safe");
    return ErrorCode::not_enough_replicas_after_append;
  }
  if (safe()) return ErrorCode::none;
  FULMAR_MARK("replication: append not known to be safe");
  return too_few() ? ErrorCode::not_enough_replicas_after_append : ErrorCode::request_timed_out;
}

// As Kafka's effective minimum: at most the number of replicas.
std::size_t Replica::min_in_sync() const {
  auto wanted = static_cast<std::size_t>(log_->config().min_insync_replicas);
  return wanted <= 1 ? wanted : std::min(wanted, raft_.configuration().all_voters().size());
}

bool Replica::enough_in_sync() const {
  auto wanted = min_in_sync();
  if (wanted <= 1 || raft_.role() != Role::leader) return true;
  auto in_sync = raft_.in_sync(now());
  if (context_.peers) std::erase_if(in_sync, [&](const ReplicaId& id) { return context_.peers->is_fenced(id.broker); });
  return in_sync.size() >= wanted;
}

// What is committed is on a majority; matches are counted only if min.insync.replicas may require more.
Offset Replica::kept_by_enough() const {
  auto wanted = min_in_sync();
  return wanted <= 1 || raft_.role() != Role::leader ? raft_.commit() : raft_.reached_by(wanted);
}

Result<Offset, ErrorCode> Replica::delete_records(Offset offset, Deadline deadline) {
  Epoch epoch = -1;
  auto moved = in_turn([&] {
    epoch = raft_.term();
    if (out_of_order()) return ErrorCode::kafka_storage_error;
    if (!raft_.accepts_appends()) return ErrorCode::not_leader_or_follower;
    if (offset == -1) offset = raft_.commit();
    if (offset > raft_.commit()) {
      FULMAR_MARK("replication: deletion beyond the commit index");
      return ErrorCode::offset_out_of_range;
    }
    say_before_work();
    auto moved = log_->advance_start(offset);
    if (!moved)
      return moved.error().code == Errc::out_of_range ? ErrorCode::offset_out_of_range : ErrorCode::kafka_storage_error;
    raft_.start_moved(now());
    return ErrorCode::none;
  });
  if (moved != ErrorCode::none) return std::unexpected(moved);
  auto deposed = [&] { return raft_.role() != Role::leader || raft_.term() != epoch; };
  // A leader that was held up may have been replaced, and does not know how much a later leader has deleted. Log starts
  // raised by retention alone are not returned then either.
  auto kept = [&] { return raft_.start_kept(now()) >= log_->log_start() && speaks_for_the_group(); };
  changed_.wait([&] { return out_of_order() || deposed() || kept(); }, deadline);
  if (out_of_order()) return std::unexpected(ErrorCode::kafka_storage_error);
  if (deposed()) {
    FULMAR_MARK("replication: deposed before a deletion was kept");
    return std::unexpected(ErrorCode::not_leader_or_follower);
  }
  if (!kept()) {
    FULMAR_MARK("replication: deletion not kept in time");
    return std::unexpected(ErrorCode::request_timed_out);
  }
  return log_->log_start();
}

Result<void> Replica::advance_start(Offset offset) {
  return in_turn([&]() -> Result<void> {
    FULMAR_TRY_VOID(log_->advance_start(std::min(offset, raft_.commit())));
    raft_.start_moved(now());
    return {};
  });
}

Result<bool> Replica::remove_records(Offset base, std::size_t count, const KeepRecord& keep, const Expiry& expiry) {
  // Open transactions may still be aborted, and aborted records supersede none.
  FULMAR_TRY(auto rewritten, log_->rewrite(base, count, last_stable_offset().value_or(0), keep, expiry));
  if (!rewritten) return false;
  return in_turn([&] {
    if (context_.observer && log_->can_replace(*rewritten))
      context_.observer->rewriting(group_, raft_.self(), base, rewritten->after->next_offset(), rewritten->batches);
    return log_->replace_segments(std::move(*rewritten));
  });
}

Result<void> Replica::note_cleaned(Offset offset, std::uint64_t cuts) {
  return in_turn([&]() -> Result<void> {
    FULMAR_TRY_VOID(log_->note_cleaned(offset, cuts));
    raft_.cleaned(now());
    return {};
  });
}

Result<void> Replica::apply_retention(Timestamp wall_ms, Instant idle_since) {
  auto applied = in_turn([&]() -> Result<void> {
    if (out_of_order()) return {};
    log_->producers().expire(idle_since);
    FULMAR_TRY_VOID(log_->apply_retention(wall_ms, raft_.role() == Role::leader ? raft_.commit() : 0));
    return {};
  });
  // Also if there was no space for that: files that expired earlier are removed, and free some.
  auto removed = out_of_order() ? Result<void>() : log_->remove_expired();
  FULMAR_TRY_VOID(applied);
  return removed;
}

ErrorCode Replica::check_leader(Epoch claimed) const {
  if (out_of_order()) return ErrorCode::kafka_storage_error;
  if (claimed >= 0 && claimed < raft_.term()) {
    FULMAR_MARK("replication: client of a past epoch fenced");
    return ErrorCode::fenced_leader_epoch;
  }
  if (claimed > raft_.term()) {
    FULMAR_MARK("replication: client of a later epoch");
    return ErrorCode::unknown_leader_epoch;
  }
  return leads() ? ErrorCode::none : ErrorCode::not_leader_or_follower;
}

Replica::EpochEnd Replica::end_of_epoch(Epoch asked) const {
  if (asked < 0 || asked > raft_.term()) return {};
  // This leader's own epoch has begun, even without a record.
  if (asked == raft_.term()) return {asked, log_->log_end()};
  if (auto end = log_->epochs().end_of(asked, log_->log_end())) return {end->epoch, end->start_offset};
  auto known = log_->epochs().entries();
  return {asked, known.empty() ? log_->log_end() : known.front().start_offset};
}

bool Replica::speaks_for_the_group() const {
  // For a log that a state machine reads, the log start does not matter: it waits for a snapshot, and that for a
  // leader.
  bool start_known = machine_ || raft_.start_known();
  return !out_of_order() && raft_.established() && start_known && raft_.lease_until() > now();
}

}  // namespace fulmar
