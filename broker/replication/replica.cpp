#include "broker/replication/replica.h"

#include <limits>

#include "broker/replication/append_reader.h"
#include "runtime/base/mark.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"

namespace fulmar {

HardState alone_at_birth(const ReplicaId& self) {
  HardState state;
  state.configuration.configuration = {{self}, {}, {}};
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
      logger_(context.host.log().named("replica")),
      stood_in_(raft_.term()) {
  log_->on_change = [this] { log_moved(); };
  if (context.observer) invariants_.emplace(settings.commits_are_stable);
}

Replica::~Replica() {
  log_->on_change = nullptr;
}

Instant Replica::now() const {
  return context_.host.clock().now();
}

ReplicaSight Replica::sight(Configuration configuration) const {
  return {.group = group_,
          .self = raft_.self(),
          .role = raft_.role(),
          .term = raft_.term(),
          .commit = raft_.commit(),
          .last_stable = last_stable_offset().value_or(-1),
          .log_start = log_->log_start(),
          .log_end = log_->log_end(),
          .last_epoch = log_->epochs().latest().value_or(-1),
          .established = raft_.established(),
          .synced = log_->config().acknowledges_synced(),
          .solo = raft_.hard_state().solo,
          .damaged = raft_.hard_state().damage != 0,
          .made_anew = promises_are_lost(raft_.hard_state().damage),
          .out_of_order = out_of_order(),
          .configuration_mark = raft_.configuration_mark(),
          .configuration_settled = raft_.configuration_settled(),
          .configuration = std::move(configuration)};
}

void Replica::show() {
  if (!context_.observer) return;
  auto configuration = std::exchange(shown_.configuration, {});  // set aside: copied only if it changed
  auto now = sight({});
  bool same = now == shown_ && configuration == raft_.configuration();
  if (!same) {
    configuration = raft_.configuration();
    shown_ = std::move(now);
  }
  shown_.configuration = std::move(configuration);
  if (!same) context_.observer->stepped(shown_);
}

// Called by the log, from any fiber, also from one that has the turn.
void Replica::log_moved() {
  moved_ = true;
  settle_soon();
}

// Passes on what was noted: now, or when the turn that is taken ends.
void Replica::settle_soon() {
  if (!turn_.try_lock()) return;
  turn_.unlock();
  in_turn([] {});
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
  if (raft_.configuration_mark() > mark) {
    FULMAR_MARK("replication: replica stays for a later configuration");
    return false;
  }
  log_->on_change = nullptr;
  failed_ = true;
  raft_.retire();
  changed_.notify_all();
  return true;
}

// Does not wait between the end of the turn and this, so that a fiber that stops the replica cannot run in between.
void Replica::tell() {
  if (!std::exchange(untold_, false)) return;
  CancellationShield shield;
  changed_.notify_all();
  listeners_.tell();
}

void Replica::give_up(const char* what, const std::string& why) {
  if (failed_) return;
  failed_ = true;
  FULMAR_MARK("replication: replica out of order");
  raft_.retire();
  logger_.error("replica out of order", {{"group", to_string(group_)}, {"at", what}, {"reason", why}});
}

void Replica::report_damage(const Error& what, Offset from) {
  in_turn([&] { log_->report_damage(what, from); });
}

void Replica::bootstrap(Configuration configuration) {
  in_turn([&] {
    if (raft_.configuration().empty() && log_->log_end() == 0 && !out_of_order())
      raft_.bootstrap(std::move(configuration), now());
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

bool Replica::is_due() {
  if (out_of_order()) return false;
  if (turn_.locked()) {
    tick_owed_ = true;
    return false;
  }
  return moved_ || told_.enough_in_sync != enough_in_sync() || raft_.is_due(now());
}

void Replica::tick() {
  in_turn([&] {
    if (!out_of_order()) raft_.tick(now());
  });
}

void Replica::receive(const Message& message, const Bytes& batches) {
  in_turn([&] {
    if (out_of_order()) return;
    const auto* over = std::get_if<StartOver>(&message.body);
    if (over && machine_ && !machine_->may_start_over(over->offset)) {
      FULMAR_MARK("replication: may not start over yet");
      return;
    }
    raft_.receive(message, now());
    carry_out(std::get_if<AppendRequest>(&message.body), batches);
    if (context_.observer && !out_of_order()) context_.observer->heard(group_, message, raft_.term());
  });
}

void Replica::peer_lost(const ReplicaId& peer) {
  if (raft_.role() != Role::leader) return;
  lost_peers_.insert(peer);
  settle_soon();
}

void Replica::send(Message message, Bytes batches) {
  if (!context_.messenger) return;
  if (context_.observer) context_.observer->sends(group_, message);
  context_.messenger->send(group_, std::move(message), std::move(batches));
}

bool Replica::feed(const ReplicaId& peer) {
  return feed_if(peer, false).more;
}

std::size_t Replica::feed_throttled(const ReplicaId& peer) {
  return feed_if(peer, true).bytes;
}

Replica::FeedResult Replica::feed_if(const ReplicaId& peer, bool throttled) {
  std::optional<AppendPlan> plan;
  in_turn([&] {
    if (out_of_order()) return;
    plan = raft_.plan_append(peer, now());
  });
  if (!plan || plan->throttled != throttled) return {};
  // Read without the turn: the disk may be slow.
  auto epoch = plan->message.term;
  auto read = read_append(*log_, std::get<AppendRequest>(plan->message.body).prev_offset);
  // A leader truncates nothing, so corrupt batches are damage, if it still leads.
  if (!read && read.error().code == Errc::corrupt && leads() && raft_.term() == epoch) {
    FULMAR_MARK("replication: leader reads damage");
    report_damage(read.error(), std::get<AppendRequest>(plan->message.body).prev_offset);
  }
  if (!read) return {};
  bool sent = false;
  in_turn([&] {
    if (out_of_order()) return;
    sent = raft_.append_sent(peer, *plan, read->end, now());
    if (sent) send(std::move(plan->message), read->batches.flatten());
  });
  return {true, sent ? read->batches.size() : 0};
}

}  // namespace fulmar
