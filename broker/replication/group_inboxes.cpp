#include "broker/replication/group_inboxes.h"

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr std::size_t message_bytes = 256;  // about what one takes besides its batches

std::size_t size_of(const GroupMessage& message) {
  return message_bytes + message.batches.size();
}

}  // namespace

void GroupInboxes::put(GroupMessage message) {
  auto size = size_of(message);
  auto [known, begun] = inboxes_.try_emplace(message.group);
  auto& inbox = known->second;
  bool fits = inbox.bytes + size <= group_bytes_max && bytes_ + size <= bytes_max;
  if (!fits && !inbox.messages.empty()) return;
  inbox.bytes += size;
  bytes_ += size;
  inbox.messages.push_back(std::move(message));
  if (begun) queue_.run(fibers_, [this, group = known->first] { serve(group); });
}

void GroupInboxes::await_room(Deadline deadline) {
  room_.wait([this] { return bytes_ < bytes_max; }, deadline);
}

void GroupInboxes::serve(const GroupId& group) {
  for (;;) {
    auto& inbox = inboxes_.at(group);
    if (inbox.messages.empty()) break;
    auto message = std::move(inbox.messages.front());
    inbox.messages.pop_front();
    auto size = size_of(message);
    deal_(message);
    ASSERT(bytes_ >= size);
    inboxes_.at(group).bytes -= size;
    bytes_ -= size;
    room_.notify_all();
  }
  inboxes_.erase(group);
}

void GroupInboxes::stop() {
  queue_.drop(fibers_);
  fibers_.cancel();
  fibers_.join();
  inboxes_.clear();
  bytes_ = 0;
}

}  // namespace fulmar
