// GroupInboxes: what peers say to the groups of a shard. Each group deals with its messages one after the other, in the
// order in which they came, and no group waits for another: one whose disk is stuck holds up only itself.
//
// A leader has so few appends in flight that an inbox has room for them, but for very large ones. What does not fit is
// dropped, as Raft allows: the sender asks again. Groups that stand still, as they have dealt with one message for
// long, lose theirs first, so that they take no room from the others. Once `fibers_max` groups wait for their disks,
// the others of the shard wait for one of them.
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
  static constexpr std::size_t fibers_max = 256;  // that wait for disks
  static constexpr std::size_t group_bytes_max = 32 << 20;
  static constexpr std::size_t bytes_max = 128 << 20;  // of all groups
  // Up to there a group that has no message waiting may have one that does not fit any more.
  static constexpr std::size_t first_bytes_max = 256 << 20;
  // A group that deals with one message for longer stands still.
  static constexpr Duration standstill = milliseconds(500);

  // `deal` may wait.
  GroupInboxes(Clock& clock, std::function<void(const GroupMessage&)> deal) : clock_(clock), deal_(std::move(deal)) {}
  ~GroupInboxes() { queue_.drop(fibers_); }
  GroupInboxes(const GroupInboxes&) = delete;
  GroupInboxes& operator=(const GroupInboxes&) = delete;

  // Never waits. The group's first message fits for longer than others, and always if it is small.
  void put(GroupMessage message);
  // Waits until there is room, so that a disk that is merely slower than the network slows down the senders; at most
  // for a moment, since one that is stuck must not.
  void await_room(Deadline deadline);
  // What is not dealt with yet never will be.
  void stop();

  std::size_t bytes() const { return bytes_; }

 private:
  struct Inbox {
    std::deque<GroupMessage> messages;
    std::size_t bytes = 0;                      // of these, and of the one that is dealt with
    std::optional<Instant> dealing_since = {};  // with one of them
  };
  void serve(const GroupId& group);
  void drop_what_stands_still();

  Clock& clock_;
  const std::function<void(const GroupMessage&)> deal_;
  std::map<GroupId, Inbox> inboxes_;  // of groups that have messages, or deal with the last
  std::size_t bytes_ = 0;
  Condition room_;
  WorkQueue queue_{"deal with messages", fibers_max};
  FiberGroup fibers_;
};

}  // namespace fulmar
