// PeerLink: the way from one shard to one other replica directory: a connection, opened when there is something to
// send, that carries the messages of all groups, many in a frame. Messages wait in a bounded queue; those that can't be
// delivered are lost, as Raft allows.
//
// Appends are not queued: a replica that has some registers its group, and the link asks for its next append when it
// has room. So a slow peer delays only its own replication, and costs no memory. A replica whose disk does not answer
// delays neither the other replicas' appends nor the queue.
#pragma once

#include <deque>
#include <memory>
#include <set>

#include "broker/replication/peers.h"
#include "broker/replication/raft_frame.h"
#include "broker/replication/replica.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/patient_rounds.h"

namespace fulmar {

class PeerLink {
 public:
  // `lost` is called when messages that were sent may not have arrived.
  PeerLink(Host& host, const Peers& peers, ReplicaId to, std::function<void()> lost);

  // All leaderships that this shard has announced: sent first on each new connection, once announce() was called.
  std::function<std::vector<LeadersRequest::Leader>()> leaderships = [] {
    return std::vector<LeadersRequest::Leader>();
  };
  // Whether all of them still hold.
  std::function<bool()> vouches = [] { return false; };

  // Queues the message; drops it if the queue is full.
  void send(GroupMessage message);
  // Sends the changes of `leaderships`. From now on the peer is sent all of them.
  void announce(const std::vector<LeadersRequest::Leader>& changes);
  // The peer is sent no leaderships until the next announce().
  void stop_announcing();
  // Renews what was announced, after any announcements that wait.
  void vouch();
  // This shard's pulse and answers for its quiesced groups; only the newest is sent. Answers wait for the next pulse or
  // for answer_now().
  void pulse(const Pulse& pulse);
  void answer(const PulseAnswer& answer);
  void answer_now();
  // The group's replica has appends for this peer. Looked up by `group` when its turn comes, since it may be gone by
  // then.
  void wants_feeding(const GroupId& group) {
    to_feed_.insert(group);
    may_feed_.notify_all();
    if (over_) work_.notify_all();
  }
  // Whether a message sent now would go out with the next frame or two.
  bool has_room() const;
  // Called when the link has room again.
  std::function<void()> on_drained;
  // Sends until the fiber is cancelled. `find` returns a group's replica, or null.
  using FindReplica = std::function<std::shared_ptr<Replica>(const GroupId&)>;
  void run(const FindReplica& find);

 private:
  Result<std::unique_ptr<Connection>> connect();
  // Returns when the connection ends; an error if a write failed, so that messages may be lost.
  Result<void> deliver(Connection& connection);
  void feed(PatientRounds<GroupId>& rounds, const FindReplica& find);
  bool has_something_to_say() const { return !queue_.empty() || whole_due_ || !changes_.empty() || pulses_due_; }
  PulsesRequest take_pulses();
  LeadersRequest take_announcement();
  void hear_clock(std::int64_t clock);
  void hear_all(Connection& connection);
  std::int64_t as_of();
  void vouch_if_late();

  Host& host_;
  const Peers& peers_;
  const ReplicaId to_;
  const std::function<void()> lost_;
  Logger log_;
  std::deque<GroupMessage> queue_;
  std::size_t queued_bytes_ = 0;
  std::set<GroupId> to_feed_;
  bool announces_ = false;
  bool whole_due_ = false;  // all leaderships, not only changes
  std::vector<LeadersRequest::Leader> changes_;
  bool leads_ = false;
  bool pulses_due_ = false;
  bool over_ = true;         // whether the connection has ended, or there has been none
  std::int64_t clock_ = -1;  // the peer's clock, as last received on this connection
  Instant clock_heard_at_;
  bool said_late_ = false;  // whether something was sent with an old time
  std::optional<Pulse> pulse_;
  std::map<std::int32_t, PulseAnswer> answers_;  // by the shard that receives the answer
  Condition work_;         // there is something to say, or to feed without a connection, or the connection is over
  Condition may_feed_;     // there is something to feed, or more room
  std::string complaint_;  // last logged, so that it is logged once
};

}  // namespace fulmar
