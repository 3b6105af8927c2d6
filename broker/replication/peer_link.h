// PeerLink: the way from one shard to one other replica directory: a connection of its own, opened when there is
// something to say, over which messages of all groups go, many to a frame. Messages wait in a bounded queue; what can't
// be delivered is lost, as Raft allows.
//
// Appends are not queued by those who have them: a replica that wants to feed the peer says so, and is asked for its
// next append when the link has room. So a slow peer holds back its own feeding, and nobody's memory. A replica whose
// disk does not answer holds up neither the other replicas' appends nor what waits in the queue.
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
  // `lost` is called when what was sent may not have arrived.
  PeerLink(Host& host, const Peers& peers, ReplicaId to, std::function<void()> lost);

  // All that this shard has told of whom it leads: what a new connection begins with, once announce() was called.
  std::function<std::vector<LeadersRequest::Leader>()> leaderships = [] {
    return std::vector<LeadersRequest::Leader>();
  };
  // Whether they still hold, all of them.
  std::function<bool()> vouches = [] { return false; };

  void send(GroupMessage message);
  // What has changed in `leaderships`. From now on the peer is to know them.
  void announce(const std::vector<LeadersRequest::Leader>& changes);
  // The peer need not know them any more, until the next announce().
  void stop_announcing();
  // What was announced still holds: says so, once it is said itself.
  void vouch();
  // What this shard has to say about its quiesced groups; the newest word counts.
  void pulse(const Pulse& pulse);
  void answer(const PulseAnswer& answer);
  // The replica has something for this peer; find it again by `group`, as it may be gone by then.
  void wants_feeding(const GroupId& group) {
    to_feed_.insert(group);
    work_.notify_all();
  }
  // Whether what is sent now goes out with the next frame or two.
  bool has_room() const;
  // Called when it has room again.
  std::function<void()> on_drained;
  // Delivers until the fiber is cancelled. `find` gives a group's replica, or null.
  using FindReplica = std::function<std::shared_ptr<Replica>(const GroupId&)>;
  void run(const FindReplica& find);

 private:
  Result<std::unique_ptr<Connection>> connect();
  // Until the connection is over; an error if that showed by writing, so that something may be lost.
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
  bool over_ = false;        // the connection is
  std::int64_t clock_ = -1;  // the peer's, when it was last heard on this connection
  Instant clock_heard_at_;
  bool said_late_ = false;  // something was said as of a time that was long ago
  std::optional<Pulse> pulse_;
  std::map<std::int32_t, PulseAnswer> answers_;  // by the shard that is answered
  Condition work_;
  std::string complaint_;  // last logged, so that it is logged once
};

}  // namespace fulmar
