// The part of a broker that receives frames of others: requests are decoded, checked, and passed to two cores, of which
// one leads and one follows. Nothing that is sent may end the process.
#pragma once

#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "broker/raft/invariants.h"
#include "broker/raft/raft.h"
#include "broker/replication/raft_frame.h"
#include "runtime/base/assert.h"

namespace fulmar {

class FrameVictim {
 public:
  static ReplicaId self() { return {1, {1, 1}}; }
  static ReplicaId other(int broker) { return {broker, {static_cast<std::uint64_t>(broker), 1}}; }

  FrameVictim() {
    lead(leader_);
    FrameVictim::settle(follower_, nullptr);
  }

  // Takes the body of a RaftMessages request. Returns whether it was valid, and passed to the cores.
  bool take(const Bytes& body) {
    Reader reader(body);
    auto request = decode<RaftMessagesRequest>(reader, 0);
    if (!request) return false;
    auto messages = from_wire(std::move(*request), 2, self().broker);
    if (!messages) return false;
    for (auto& item : *messages) {
      item.message.to = self();
      for (auto* core : {&leader_, &follower_}) {
        now_ = now_ + milliseconds(7);
        core->raft.receive(item.message, now_);
        settle(*core, std::get_if<AppendRequest>(&item.message.body));
        core->raft.tick(now_);
        settle(*core, nullptr);
        feed(*core);
        FULMAR_ASSERT(!RaftInvariants::broken_in(core->raft, core->log));
      }
    }
    return true;
  }

 private:
  class Log final : public LogView {
   public:
    Offset start() const override { return start_; }
    Offset end() const override { return end_; }
    Offset stable_end() const override { return end_; }
    const EpochCache& epochs() const override { return epochs_; }

    Offset start_ = 0, end_ = 0;
    EpochCache epochs_;
  };
  struct Core {
    explicit Core(Instant now) : raft(self(), {}, log, newborn(), 0, Random(1), now) {}
    static HardState newborn() {
      HardState state;
      state.configuration.configuration = {{self(), other(2), other(3)}, {}, {}};
      return state;
    }
    Log log;
    Raft raft;
  };

  void lead(Core& core) {
    core.raft.campaign(now_);
    settle(core, nullptr);
    for (bool pre_vote : {true, false}) {
      core.raft.receive({other(2), self(), 0, VoteReply{pre_vote, true}}, now_);
      settle(core, nullptr);
    }
    for (int n = 0; n < 3; ++n) {
      core.log.epochs_.add(0, core.log.end_++);
      core.raft.log_changed(now_);
      settle(core, nullptr);
    }
  }

  // Carries out the core's output, and fails where a log would (PartitionLog::append_replicated).
  void settle(Core& core, const AppendRequest* request) {
    for (;;) {
      auto output = core.raft.take_output();
      auto& log = core.log;
      bool changed = false, failed = false;
      if (output.start_over) {
        log.start_ = log.end_ = output.start_over->offset;
        log.epochs_.truncate_from(0);
        if (output.start_over->epoch >= 0) log.epochs_.add(output.start_over->epoch, log.end_ - 1);
        changed = true;
      }
      if (output.truncate_to) {
        // As if batches had two records: a whole one is removed, and then nothing is appended (Replica::cut).
        log.end_ = std::max(*output.truncate_to - *output.truncate_to % 2, log.start_);
        log.epochs_.truncate_from(log.end_);
        changed = log.end_ == *output.truncate_to;
        failed = !changed;
      }
      if (output.append_from && !failed) {
        FULMAR_ASSERT(request != nullptr);
        for (const auto& span : request->epochs) failed = failed || span.epoch < log.epochs_.latest().value_or(-1);
        for (const auto& span : request->epochs)
          if (!failed) log.epochs_.add(span.epoch, std::max(span.start_offset, log.end_));
        if (!failed) log.end_ = request->end;
        changed = !failed;
      }
      if (output.log_start) log.start_ = *output.log_start;
      if (failed)
        core.raft.append_failed(now_);
      else if (changed)
        core.raft.log_changed(now_);
      else
        return;
    }
  }

  void feed(Core& core) {
    for (const auto& peer : core.raft.followers_needing_append()) {
      auto plan = core.raft.plan_append(peer, now_);
      settle(core, nullptr);
      if (plan) core.raft.append_sent(peer, *plan, core.log.end_, now_);
    }
  }

  Instant now_{1'000'000'000'000};
  Core leader_{now_};
  Core follower_{now_};
};

}  // namespace fulmar
