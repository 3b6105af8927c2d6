// Carries out the core's outputs on the log and the hard state, in their order.
#include "broker/log/log_invariants.h"
#include "broker/replication/replica.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr Duration full_disk_retry_interval = milliseconds(100);

}  // namespace

bool Replica::store(HardState state) {
  for (;;) {
    auto stored = context_.states.put(group_, std::move(state));
    if (stored) return true;
    if (!is_shortage(stored.error().code)) {
      give_up("hard state", to_string(stored.error()));
      return false;
    }
    if (context_.stops) {
      FULMAR_MARK("replication: no room before the stop");
      give_up("hard state", "no room before the stop: " + to_string(stored.error()));
      return false;
    }
    // Messages that depend on it must not be sent before it is stored: the replica sends nothing until there is room.
    FULMAR_MARK("replication: hard state waits for room");
    context_.host.clock().sleep_for(full_disk_retry_interval);
    state = *context_.states.find(group_);
  }
}

// Tells the observer of a leader's append, whose own header has neither offset nor epoch yet.
void Replica::tell_appended(BatchHeader header, const Appended& appended) {
  if (!context_.observer || appended.duplicate) return;
  header.base_offset = appended.base_offset;
  header.leader_epoch = raft_.term();
  context_.observer->appended(group_, raft_.self(), header);
}

void Replica::begin_anew(Offset offset, Epoch epoch, Offset tombstone_bound) {
  if (context_.observer) context_.observer->started_over(group_, raft_.self(), offset);
  auto done = log_->start_over(offset, epoch, tombstone_bound);
  if (!done) give_up("starting over", to_string(done.error()));
}

// Truncates where the leader's log differs, or ends. Returns false if the leader has to send from a lower offset.
bool Replica::cut(Offset offset, const AppendRequest& request) {
  auto epoch_before = log_->epochs().epoch_of(offset - 1).value_or(request.prev_epoch);
  auto tell = [this](const BatchHeader& header) {
    if (context_.observer) context_.observer->appended(group_, raft_.self(), header);
  };
  auto done = log_->truncate_to(offset, tell);
  if (!done) give_up("truncation", to_string(done.error()));
  if (failed_ || log_->log_end() == offset) return true;
  // A whole batch was removed, of which the leader's log has only the end. The offsets before are deleted there; or
  // here, and then nothing is left.
  if (offset > request.log_start) {
    FULMAR_MARK("replication: cut takes more than was asked for");
    if (log_->log_end() < log_->log_start()) begin_anew(log_->log_start(), epoch_before, log_->tombstone_bound());
    return false;
  }
  FULMAR_MARK("replication: batch cut whose begin is deleted");
  begin_anew(offset, epoch_before, log_->tombstone_bound());
  return true;
}

// Carries out the log's part of an output. Returns false if that failed for lack of space and the log is as it was.
bool Replica::change_log(const Output& output, const AppendRequest* request, const Bytes& batches, bool& changed) {
  if (output.start_over) {
    begin_anew(output.start_over->offset, output.start_over->epoch, output.start_over->tombstone_bound);
    changed = true;
  }
  if (output.truncate_to && !failed_) {
    if (context_.observer) context_.observer->truncated(group_, raft_.self(), *output.truncate_to);
    FULMAR_ASSERT(request != nullptr);
    if (!cut(*output.truncate_to, *request)) return false;
    changed = true;
  }
  if (output.append_from && !failed_) {
    FULMAR_ASSERT(request != nullptr);
    auto from = *output.append_from;
    std::size_t skip = 0;  // bytes of the request that the log already has
    while (skip < batches.size()) {
      auto header = read_batch_header(batches.view().substr(skip));
      if (!header || header->base_offset >= from) break;
      if (header->next_offset() > from && header->record_count > 0) {
        // The empty log began at another leader's batch boundary; this leader's batch begins before it.
        if (log_->held_from() != log_->log_end()) return false;
        FULMAR_MARK("replication: empty log begins within a batch");
        begin_anew(header->base_offset, -1, log_->tombstone_bound());
        from = header->base_offset;
        break;
      }
      skip += header->size();
    }
    if (failed_) return true;
    std::vector<BatchHeader> written;
    auto note = [&](const BatchHeader& header) { written.push_back(header); };
    auto done = log_->append_replicated({batches.slice(skip), request->epochs, request->end, note});
    for (const auto& header : written)
      if (context_.observer) context_.observer->appended(group_, raft_.self(), header);
    if (!done || log_->log_end() != request->end) {
      FULMAR_MARK("replication: append of a follower failed");
      return false;
    }
    changed = true;
  }
  if (output.log_start && !failed_) {
    auto start = machine_ ? std::min(*output.log_start, machine_->snapshot_offset()) : *output.log_start;
    auto done = log_->advance_start(start);
    if (!done) logger_.warn("log start not moved", {{"group", to_string(group_)}, {"reason", to_string(done.error())}});
  }
  if (output.tombstone_bound && !failed_) {
    auto done = log_->note_tombstone_bound(*output.tombstone_bound);
    if (done)
      moved_ = true;  // which the core is told
    else
      logger_.warn("bound of tombstones not kept", {{"group", to_string(group_)}, {"reason", to_string(done.error())}});
  }
  return true;
}

// Carries out an output in its order. Returns false once there is nothing more to do.
bool Replica::perform(Output output, const AppendRequest* request, const Bytes& batches) {
  if (context_.observer && raft_.commit() > shown_.commit) context_.observer->commits(group_, raft_.commit());
  // The disk may hold up what follows: nobody is to be told meanwhile that this replica still leads.
  if (told_.role == Role::leader && raft_.role() != Role::leader && context_.messenger) {
    FULMAR_MARK("replication: leader deposed");
    context_.messenger->stops_leading(group_);
  }
  const bool stored = output.store.has_value();
  if (stored && output.store->vote == raft_.self() && output.store->term > stood_in_) {
    stood_in_ = output.store->term;
    ++context_.elections_begun;
  }
  if (stored && !store(std::move(*output.store))) return false;
  bool changed = false;
  if (output.truncate_to || output.start_over) show();  // the observer sees the state in which it happens
  bool done = change_log(output, request, batches, changed);
  if (out_of_order()) return false;
  show();
  for (auto& message : output.messages) send(std::move(message), {});
  if (!done)
    raft_.append_failed(now());
  else if (changed)
    raft_.log_changed(now());
  else if (std::exchange(moved_, false) || stored)
    raft_.stable_moved(now());
  else
    return false;
  return true;
}

void Replica::carry_out(const AppendRequest* request, const Bytes& batches) {
  while (!out_of_order() && perform(raft_.take_output(), request, batches)) continue;
}

// A disk that holds up this replica's work also holds up its heartbeats, but not its shard's pulses.
void Replica::say_before_work() {
  raft_.about_to_work(now());
  carry_out(nullptr, {});
}

// A replica whose core or log breaks an invariant takes no part in its group any more.
void Replica::check_invariants() {
  auto broken = RaftInvariants::broken_in(raft_, view_);
  if (!broken) broken = LogInvariants::broken_in(*log_);
  if (invariants_) {
    auto since = invariants_->broken_since(raft_, view_);
    auto within = log_invariants_.broken_by_change(*log_);
    for (const auto& seen : {broken, since, within}) {
      if (!seen) continue;
      context_.observer->broke(group_, raft_.self(), *seen);
      break;
    }
  }
  if (broken) {
    FULMAR_MARK("replication: invariant broken");
    give_up("invariant", std::string(*broken));
  }
}

void Replica::settle() {
  // One turn may follow another without a gap, for example while small segments are cleaned: a leader must not miss its
  // heartbeats for that.
  if (std::exchange(tick_owed_, false) && !out_of_order() && raft_.is_due(now())) {
    FULMAR_MARK("replication: tick made up at the end of a turn");
    raft_.tick(now());
  }
  carry_out(nullptr, {});
  for (const auto& peer : std::exchange(lost_peers_, {})) raft_.peer_lost(peer);
  if (!out_of_order()) check_invariants();
  if (raft_.awaits_sync() && !out_of_order()) {
    FULMAR_MARK("replication: log synced for the term");
    log_->flush();
  }
  if (raft_.role() == Role::leader && context_.messenger && !out_of_order())
    for (const auto& peer : raft_.followers_needing_append())
      context_.messenger->wants_feeding(*this, peer, raft_.throttled(peer, now()));
  log_->producers().note_committed(raft_.commit());
  bool rests = raft_.hard_state().solo || raft_.quiesced();
  if (std::exchange(rested_, rests) && !rests && context_.messenger) context_.messenger->woke(*this);
  State state{.start_kept = raft_.role() == Role::leader ? raft_.start_kept(now()) : 0,
              .commit = raft_.commit(),
              .kept_end = log_->kept_end(),
              .log_start = log_->log_start(),
              .kept_by_enough = kept_by_enough(),
              .term = raft_.term(),
              .role = raft_.role(),
              .leader = raft_.leader(),
              .out_of_order = out_of_order(),
              .enough_in_sync = enough_in_sync()};
  if (state == told_) return;
  told_ = state;
  untold_ = true;
}

}  // namespace fulmar
