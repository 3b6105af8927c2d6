#include "broker/replication/replica.h"

#include <algorithm>
#include <limits>

#include "broker/replication/control_batch.h"
#include "runtime/base/assert.h"
#include "runtime/fiber/fiber.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

constexpr Duration full_disk_retry_interval = milliseconds(100);
constexpr std::size_t append_bytes_max = 1 << 20;  // of one append to a follower; one larger batch goes alone

}  // namespace

HardState alone_at_birth(const ReplicaId& self) {
  HardState state;
  state.configurations = {{-1, -1, {{self}, {}, {}}}};
  state.solo = true;
  state.term = 0;
  state.vote = self;
  return state;
}

Replica::Replica(ReplicaContext& context, GroupId group, ReplicaId self, RaftSettings settings,
                 std::shared_ptr<PartitionLog> log, HardState state, Offset commit)
    : context_(context),
      group_(group),
      log_(std::move(log)),
      view_(*log_),
      raft_(self, settings, view_, std::move(state), commit, context.host.entropy().stream(),
            context.host.clock().now(), context.liveness),
      logger_(context.host.log().named("replica")) {
  log_->on_change = [this] { log_moved(); };
}

Replica::~Replica() {
  log_->on_change = nullptr;
}

Instant Replica::now() const {
  return context_.host.clock().now();
}

// Does `work` with the core and the log held still, then all that the core asks for because of it. Nothing of that is
// left half done when the caller is cancelled.
template <class F>
auto Replica::in_turn(F&& work) {
  LockGuard turn(turn_);
  CancellationShield shield;
  if constexpr (std::is_void_v<decltype(work())>) {
    work();
    settle(nullptr, {});
  } else {
    auto result = work();
    settle(nullptr, {});
    return result;
  }
}

ReplicaSight Replica::sight(Configuration configuration) const {
  return {.group = group_,
          .self = raft_.self(),
          .role = raft_.role(),
          .term = raft_.term(),
          .commit = raft_.commit(),
          .log_start = log_->log_start(),
          .log_end = log_->log_end(),
          .last_epoch = log_->epochs().latest().value_or(-1),
          .established = raft_.established(),
          .synced = log_->config().acknowledges_synced(),
          .solo = raft_.hard_state().solo,
          .damaged = raft_.hard_state().damage != 0,
          .out_of_order = out_of_order(),
          .configuration = std::move(configuration)};
}

void Replica::show() {
  if (!context_.observer) return;
  auto configuration = std::exchange(shown_.configuration, {});  // compared by itself, to be copied only if it changed
  auto now = sight({});
  bool same = now == shown_ && configuration == raft_.configuration();
  if (!same) {
    configuration = raft_.configuration();
    shown_ = std::move(now);
  }
  shown_.configuration = std::move(configuration);
  if (!same) context_.observer->stepped(shown_);
}

Result<void> Replica::start() {
  if (context_.observer) context_.observer->opened(sight(raft_.configuration()), log_->directory(), log_->epochs());
  in_turn([] {});
  if (failed_) return fail(Errc::io_error, "the hard state of " + to_string(group_) + " can't be stored");
  return {};
}

void Replica::stop() {
  stop_unless_later({std::numeric_limits<Epoch>::max(), std::numeric_limits<Offset>::max()});
}

bool Replica::stop_unless_later(ConfigurationMark mark) {
  LockGuard turn(turn_);
  if (raft_.configuration_mark() > mark) return false;
  log_->on_change = nullptr;
  failed_ = true;
  raft_.retire();
  changed_.notify_all();
  return true;
}

void Replica::give_up(const char* what, const std::string& why) {
  if (failed_) return;
  failed_ = true;
  raft_.retire();
  logger_.error("replica out of order", {{"group", to_string(group_)}, {"at", what}, {"reason", why}});
}

bool Replica::store(HardState state) {
  for (;;) {
    auto stored = context_.states.put(group_, std::move(state));
    if (stored) return true;
    if (stored.error().code != Errc::no_space) {
      give_up("hard state", to_string(stored.error()));
      return false;
    }
    // Nobody may hear of it before it is stored, so this replica says nothing until there is room.
    context_.host.clock().sleep_for(full_disk_retry_interval);
    state = *context_.states.find(group_);
  }
}

void Replica::send(Message message, Bytes batches) {
  if (!context_.messenger) return;
  if (context_.observer) context_.observer->sends(group_, message);
  context_.messenger->send(group_, std::move(message), std::move(batches));
}

// What a leader appended; its own header has neither offset nor epoch yet.
void Replica::tell_appended(BatchHeader header, const Appended& appended) {
  if (!context_.observer || appended.duplicate) return;
  header.base_offset = appended.base_offset;
  header.leader_epoch = raft_.term();
  context_.observer->appended(group_, raft_.self(), header);
}

// What came from a leader, as far as it was written.
void Replica::tell_appended(const Bytes& batches, Offset begin) {
  if (!context_.observer) return;
  for (std::size_t at = 0; at < batches.size();) {
    auto header = read_batch_header(batches.view().substr(at));
    if (!header || header->next_offset() > log_->log_end()) return;
    if (header->base_offset >= begin) context_.observer->appended(group_, raft_.self(), *header);
    at += header->size();
  }
}

void Replica::begin_anew(Offset offset, Epoch epoch) {
  if (context_.observer) context_.observer->started_over(group_, raft_.self(), offset);
  auto done = log_->start_over(offset, epoch);
  if (!done) give_up("starting over", to_string(done.error()));
}

// Cuts where the leader's log goes on otherwise, or ends. False if the leader has to begin lower.
bool Replica::cut(Offset offset, const AppendRequest& request) {
  auto epoch_before = log_->epochs().epoch_of(offset - 1).value_or(request.prev_epoch);
  auto done = log_->truncate_to(offset);
  if (!done) give_up("truncation", to_string(done.error()));
  if (failed_ || log_->log_end() == offset) return true;
  // That took a batch along in whose midst the leader's log begins. What was before is deleted there.
  if (offset > request.log_start) return false;
  begin_anew(offset, epoch_before);
  return true;
}

// The core's orders to the log. False if it could not be done and the log is as it was: out of space.
bool Replica::change_log(const Output& output, const AppendRequest* request, const Bytes& batches, bool& changed) {
  if (output.start_over) {
    begin_anew(output.start_over->offset, output.start_over->epoch);
    changed = true;
  }
  if (output.truncate_to && !failed_) {
    if (context_.observer) context_.observer->truncated(group_, raft_.self(), *output.truncate_to);
    ASSERT(request != nullptr);
    if (!cut(*output.truncate_to, *request)) return false;
  }
  if (output.append_from && !failed_) {
    ASSERT(request != nullptr);
    auto from = *output.append_from;
    std::size_t skip = 0;  // what of the request is in the log already
    while (skip < batches.size()) {
      auto header = read_batch_header(batches.view().substr(skip));
      if (!header || header->base_offset >= from) break;
      if (header->next_offset() > from) {
        // An empty log, begun where another leader's batches met: this one's do not.
        if (log_->held_from() != log_->log_end()) return false;
        begin_anew(header->base_offset, -1);
        from = header->base_offset;
        break;
      }
      skip += header->size();
    }
    if (failed_) return true;
    auto begin = log_->log_end();
    auto done = log_->append_replicated(batches.slice(skip));
    tell_appended(batches.slice(skip), begin);
    if (!done || log_->log_end() != request->end) return false;
    changed = true;
  }
  if (output.append && !failed_) {
    auto batch = build_control_batch(*output.append, raft_.self(), context_.host.clock().wall_ms());
    auto header = *read_batch_header(batch.view());
    auto done = log_->append(header, batch, raft_.term());
    if (!done) return false;
    tell_appended(header, *done);
    changed = true;
  }
  if (output.log_start && !failed_) {
    auto start = machine_ ? std::min(*output.log_start, machine_->snapshot_offset()) : *output.log_start;
    auto done = log_->advance_start(start);
    if (!done) logger_.warn("log start not moved", {{"group", to_string(group_)}, {"reason", to_string(done.error())}});
  }
  return true;
}

// Does what the core asks for, in its order. False once there is nothing more to do.
bool Replica::perform(Output output, const AppendRequest* request, const Bytes& batches) {
  if (output.store && !store(std::move(*output.store))) return false;
  bool changed = false;
  if (output.truncate_to || output.start_over) show();  // as what it does so
  bool done = change_log(output, request, batches, changed);
  if (out_of_order()) return false;
  show();
  for (auto& message : output.messages) send(std::move(message), {});
  if (!done)
    raft_.append_failed(now());
  else if (changed)
    raft_.log_changed(now());
  else if (std::exchange(moved_, false))
    raft_.stable_moved(now());
  else
    return false;
  return true;
}

void Replica::settle(const AppendRequest* request, const Bytes& batches) {
  while (!out_of_order() && perform(raft_.take_output(), request, batches)) continue;
  log_->expire_up_to(raft_.role() == Role::leader ? raft_.commit() : 0);
  if (raft_.role() == Role::leader && context_.messenger && !out_of_order())
    for (const auto& peer : raft_.hungry())
      context_.messenger->wants_feeding(*this, peer, raft_.throttled(peer, now()));
  bool rests = at_rest();
  if (std::exchange(rested_, rests) && !rests && context_.messenger) context_.messenger->woke(*this);
  State state{.start_kept = raft_.role() == Role::leader ? raft_.start_kept() : 0,
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
  changed_.notify_all();
  if (on_change) on_change();
}

// Called by the log, from whichever fiber: also from one that has the turn.
void Replica::log_moved() {
  moved_ = true;
  if (turn_.try_lock()) {
    turn_.unlock();
    in_turn([] {});
  }
}

Result<Replica::Proposed, Refusal> Replica::append(const BatchHeader& header, const Bytes& batch,
                                                   std::optional<Epoch> expected) {
  return in_turn([&]() -> Result<Proposed, Refusal> {
    if (out_of_order()) return std::unexpected(Refusal{ErrorCode::kafka_storage_error, "the log is offline"});
    if (!raft_.accepts_appends() || (expected && *expected != raft_.term()))
      return std::unexpected(Refusal{ErrorCode::not_leader_or_follower, "this broker does not lead the partition"});
    TRY(auto appended, log_->append(header, batch, raft_.term()));
    tell_appended(header, appended);
    if (!appended.duplicate) raft_.log_changed(now());
    return Proposed{appended, raft_.term()};
  });
}

ErrorCode Replica::wait_until(Safety safety, const Proposed& proposed, Deadline deadline) {
  auto end = proposed.appended.last_offset + 1;
  auto safe = [&] {
    if (safety == Safety::kept) return log_->kept_end() >= end;
    return raft_.commit() >= end && kept_by_enough() >= end;
  };
  auto deposed = [&] { return raft_.role() != Role::leader || raft_.term() != proposed.epoch; };
  auto too_few = [&] { return safety == Safety::committed && !enough_in_sync(); };
  changed_.wait([&] { return out_of_order() || deposed() || safe() || too_few(); }, deadline);
  if (out_of_order()) return ErrorCode::kafka_storage_error;
  // Not NOT_LEADER_OR_FOLLOWER, as Kafka has it: with that a batch was not written, and every client may believe it.
  if (deposed()) return ErrorCode::not_enough_replicas_after_append;
  if (safe()) return ErrorCode::none;
  return too_few() ? ErrorCode::not_enough_replicas_after_append : ErrorCode::request_timed_out;
}

// As Kafka's effective minimum: never more than there are.
std::size_t Replica::min_in_sync() const {
  auto wanted = static_cast<std::size_t>(log_->config().min_insync_replicas);
  return wanted <= 1 ? wanted : std::min(wanted, raft_.configuration().all_voters().size());
}

bool Replica::enough_in_sync() const {
  auto wanted = min_in_sync();
  return wanted <= 1 || raft_.role() != Role::leader || raft_.in_sync(now()).size() >= wanted;
}

// What is committed is kept by a majority; only for what min.insync.replicas wants beyond that it is counted.
Offset Replica::kept_by_enough() const {
  auto wanted = min_in_sync();
  return wanted <= 1 || raft_.role() != Role::leader ? raft_.commit() : raft_.reached_by(wanted);
}

ErrorCode Replica::delete_records(Offset offset, Deadline deadline) {
  Epoch epoch = -1;
  auto moved = in_turn([&] {
    epoch = raft_.term();
    if (out_of_order()) return ErrorCode::kafka_storage_error;
    if (!raft_.accepts_appends()) return ErrorCode::not_leader_or_follower;
    if (offset == -1) offset = raft_.commit();
    if (offset > raft_.commit()) return ErrorCode::offset_out_of_range;
    auto moved = log_->advance_start(offset);
    if (!moved)
      return moved.error().code == Errc::out_of_range ? ErrorCode::offset_out_of_range : ErrorCode::kafka_storage_error;
    raft_.start_moved(now());
    return ErrorCode::none;
  });
  if (moved != ErrorCode::none) return moved;
  auto deposed = [&] { return raft_.role() != Role::leader || raft_.term() != epoch; };
  auto kept = [&] { return raft_.start_kept() >= offset; };
  changed_.wait([&] { return out_of_order() || deposed() || kept(); }, deadline);
  if (out_of_order()) return ErrorCode::kafka_storage_error;
  if (deposed()) return ErrorCode::not_leader_or_follower;
  return kept() ? ErrorCode::none : ErrorCode::request_timed_out;
}

ErrorCode Replica::check_leader(Epoch claimed) const {
  if (out_of_order()) return ErrorCode::kafka_storage_error;
  if (claimed >= 0 && claimed < raft_.term()) return ErrorCode::fenced_leader_epoch;
  if (claimed > raft_.term()) return ErrorCode::unknown_leader_epoch;
  return leads() ? ErrorCode::none : ErrorCode::not_leader_or_follower;
}

Replica::EpochEnd Replica::end_of_epoch(Epoch asked) const {
  if (asked < 0 || asked > raft_.term()) return {};
  // This leader's own epoch has begun, whether there is a record of it or not.
  if (asked == raft_.term()) return {asked, log_->log_end()};
  if (auto end = log_->epochs().end_of(asked, log_->log_end())) return {end->epoch, end->start_offset};
  auto known = log_->epochs().entries();
  return {asked, known.empty() ? log_->log_end() : known.front().start_offset};
}

bool Replica::speaks_for_the_group() const {
  return !out_of_order() && raft_.established() && raft_.start_known() && raft_.lease_until() > now();
}

void Replica::report_damage(const Error& what) {
  in_turn([&] { log_->report_damage(what); });
}

void Replica::found(Configuration configuration) {
  in_turn([&] {
    if (raft_.configuration().empty() && log_->log_end() == 0 && !out_of_order())
      raft_.found(std::move(configuration), now());
  });
}

void Replica::set_target(std::vector<ReplicaId> voters, std::vector<ReplicaId> learners) {
  in_turn([&] {
    if (!out_of_order()) raft_.set_target(std::move(voters), now(), std::move(learners));
  });
}

void Replica::campaign() {
  in_turn([&] {
    if (!out_of_order()) raft_.campaign(now());
  });
}

void Replica::transfer(const ReplicaId& to) {
  in_turn([&] {
    if (!out_of_order()) raft_.transfer(to, now());
  });
}

bool Replica::is_due() const {
  if (out_of_order() || turn_.locked()) return false;  // who is inside does what there is to do
  return moved_ || told_.enough_in_sync != enough_in_sync() || raft_.is_due(now());
}

void Replica::tick() {
  in_turn([&] { raft_.tick(now()); });
}

void Replica::receive(const Message& message, const Bytes& batches) {
  in_turn([&] {
    if (out_of_order()) return;
    const auto* over = std::get_if<StartOver>(&message.body);
    if (over && machine_ && !machine_->may_start_over(over->offset)) return;
    raft_.receive(message, now());
    settle(std::get_if<AppendRequest>(&message.body), batches);
    if (context_.observer && !out_of_order()) context_.observer->heard(group_, message, raft_.term());
  });
}

void Replica::peer_lost(const ReplicaId& peer) {
  in_turn([&] { raft_.peer_lost(peer); });
}

bool Replica::feed(const ReplicaId& peer) {
  return feed_if(peer, false).more;
}

std::size_t Replica::feed_throttled(const ReplicaId& peer) {
  return feed_if(peer, true).bytes;
}

// Whole batches from `end` on, which is moved to where they end; from several segments where these are small. Errors:
// as PartitionLog::read; corrupt also where a batch is not what was written.
Result<ByteChain> Replica::read_batches(Offset& end) {
  ByteChain batches;
  const auto up_to = log_->log_end();
  do {
    TRY(auto piece, log_->read(end, up_to, append_bytes_max - batches.size(), batches.empty()));
    if (piece.empty()) break;
    for (std::size_t at = 0; at < piece.size();) {
      auto header = read_batch_header(piece.view().substr(at));
      // Offset and epoch are beside what the CRC covers.
      auto epoch = header ? log_->epochs().epoch_of(header->base_offset) : std::nullopt;
      bool first = batches.empty() && at == 0;
      bool whole = header && (header->base_offset == end || (first && header->base_offset < end)) &&
                   header->next_offset() > end && header->leader_epoch == epoch.value_or(header->leader_epoch) &&
                   header->size() <= piece.size() - at && batch_crc_matches(piece.view().substr(at, header->size()));
      if (!whole) return fail(Errc::corrupt, "another batch than was written, after " + std::to_string(end));
      at += header->size();
      end = header->next_offset();
    }
    batches.append(std::move(piece));
  } while (end < up_to && batches.size() < append_bytes_max / 2);
  return batches;
}

Replica::Fed Replica::feed_if(const ReplicaId& peer, bool throttled) {
  std::optional<AppendPlan> plan;
  in_turn([&] {
    if (out_of_order()) return;
    plan = raft_.plan_append(peer, now());
  });
  if (!plan || plan->throttled != throttled) return {};
  // Read without the turn: from a disk it may take its time.
  auto epoch = plan->message.term;
  auto from = std::get<AppendRequest>(plan->message.body).prev_offset;
  auto end = from;
  auto batches = read_batches(end);
  // A leader cuts nothing away, so that what it reads is what was written there, unless it leads no more.
  if (!batches && batches.error().code == Errc::corrupt && leads() && raft_.term() == epoch)
    report_damage(batches.error());
  if (!batches) return {};
  auto bytes = batches->size();
  bool sent = false;
  in_turn([&] {
    if (out_of_order()) return;
    sent = raft_.append_sent(peer, *plan, end, now());
    if (sent) send(std::move(plan->message), batches->flatten());
  });
  return {true, sent ? bytes : 0};
}

}  // namespace fulmar
