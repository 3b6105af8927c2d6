// GroupInboxes: the messages from peers to the groups of a shard. Each group processes its messages in the order of
// their arrival, and no group waits for another: a stuck disk holds up only its own group.
//
// A leader has few enough appends in flight to fit into an inbox, unless they are very large. Messages that do not fit
// are dropped, as Raft allows: the sender sends again. Groups that have been processing one message for long lose their
// waiting messages first, so that the others have room. Once `fibers_max` groups wait for their disks, the shard's
// other groups wait for one of them.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "broker/replication/raft_frame.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/work_queue.h"
#include "runtime/host/clock.h"

namespace fulmar {

class GroupInboxes {
 public:
  static constexpr std::size_t fibers_max = 256;  // groups that may wait for their disks at a time
  static constexpr std::size_t group_bytes_max = 32 << 20;
  static constexpr std::size_t bytes_max = 128 << 20;  // over all groups
  // Up to this total, a group without a waiting message may queue one that exceeds the other limits.
  static constexpr std::size_t first_bytes_max = 256 << 20;
  // A group that has been processing one message for longer than this is stuck.
  static constexpr Duration standstill = milliseconds(500);

  // `deal` processes one message, and may wait.
  GroupInboxes(Clock& clock, std::function<void(const GroupMessage&)> deal) : clock_(clock), deal_(std::move(deal)) {}
  ~GroupInboxes() { queue_.drop(fibers_); }
  GroupInboxes(const GroupInboxes&) = delete;
  GroupInboxes& operator=(const GroupInboxes&) = delete;

  // Never waits. The limits are wider for a group's first message; a small one always fits.
  void put(GroupMessage message);
  // Waits until there is room, so that a disk slower than the network slows down the senders; at most until the
  // deadline, since a stuck disk must not.
  void await_room(Deadline deadline);
  // Messages that are not processed yet are dropped.
  void stop();

  std::size_t bytes() const { return bytes_; }

 private:
  struct Inbox {
    std::deque<GroupMessage> messages;
    std::size_t bytes = 0;                      // of these, and of the one being processed
    std::optional<Instant> dealing_since = {};  // when processing of the current message began
  };
  void serve(const GroupId& group);
  void drop_what_stands_still();

  Clock& clock_;
  const std::function<void(const GroupMessage&)> deal_;
  std::map<GroupId, Inbox> inboxes_;  // of groups that have messages, or process their last
  std::size_t bytes_ = 0;
  Condition room_;
  WorkQueue queue_{"deal with messages", fibers_max};
  FiberGroup fibers_;
};

}  // namespace fulmar
