#include "broker/replication/group_inboxes.h"

#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

constexpr std::size_t message_bytes = 256;      // about what a message takes, without its parts of variable size
constexpr std::size_t replica_id_bytes = 24;    // likewise, for each member of a configuration
constexpr std::size_t small_bytes = 64 * 1024;  // batches up to this size are copied while they wait

std::size_t size_of(const std::optional<MarkedConfiguration>& configuration) {
  if (!configuration) return 0;
  const auto& [voters, next_voters, learners] = configuration->configuration;
  return (voters.size() + next_voters.size() + learners.size()) * replica_id_bytes;
}

std::size_t size_of(const GroupMessage& message) {
  auto of_body = std::visit(
      [](const auto& body) {
        std::size_t size = 0;
        if constexpr (requires { size_of(std::optional<MarkedConfiguration>(body.configuration)); })
          size += size_of(std::optional<MarkedConfiguration>(body.configuration));
        if constexpr (requires { body.epochs.size(); }) size += body.epochs.size() * sizeof(body.epochs.front());
        return size;
      },
      message.message.body);
  return message_bytes + of_body + message.batches.size();
}

}  // namespace

void GroupInboxes::put(GroupMessage message) {
  auto size = size_of(message);
  if (bytes_ + size > bytes_max) drop_what_stands_still();
  auto [known, begun] = inboxes_.try_emplace(message.group);
  auto& inbox = known->second;
  bool fits = inbox.bytes + size <= group_bytes_max && bytes_ + size <= bytes_max;
  bool is_first = inbox.messages.empty() && (size <= small_bytes || bytes_ + size <= first_bytes_max);
  if (!fits && !is_first) {
    FULMAR_MARK("replication: message dropped, inbox full");
    if (begun) inboxes_.erase(known);
    return;
  }
  // A slice keeps its whole frame alive, which may be much larger.
  if (!begun && message.batches.size() <= small_bytes) message.batches = Bytes::copy_of(message.batches.view());
  inbox.bytes += size;
  bytes_ += size;
  inbox.messages.push_back(std::move(message));
  if (begun) queue_.run(fibers_, [this, group = known->first] { serve(group); });
}

void GroupInboxes::await_room(Deadline deadline) {
  if (bytes_ >= bytes_max) drop_what_stands_still();
  room_.wait([this] { return bytes_ < bytes_max; }, deadline);
}

// Except for the messages that are being processed.
void GroupInboxes::drop_what_stands_still() {
  const auto before = clock_.now() - standstill;
  for (auto& [group, inbox] : inboxes_) {
    if (!inbox.dealing_since || *inbox.dealing_since > before) continue;
    FULMAR_MARK("replication: messages to a replica that stands still dropped");
    for (const auto& message : std::exchange(inbox.messages, {})) {
      inbox.bytes -= size_of(message);
      bytes_ -= size_of(message);
    }
  }
}

void GroupInboxes::serve(const GroupId& group) {
  for (;;) {
    auto& inbox = inboxes_.at(group);  // only this fiber removes it
    if (inbox.messages.empty()) break;
    auto message = std::move(inbox.messages.front());
    inbox.messages.pop_front();
    auto size = size_of(message);
    inbox.dealing_since = clock_.now();
    deal_(message);
    FULMAR_ASSERT(bytes_ >= size);
    inbox.dealing_since = std::nullopt;
    inbox.bytes -= size;
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
