#include "broker/replication/peer_link.h"

#include <algorithm>

#include "broker/net/frame_reader.h"
#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "broker/replication/greeting.h"
#include "runtime/host/backoff.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t queued_bytes_max = 16 << 20;
constexpr std::size_t frame_bytes_max = 4 << 20;  // a larger append goes alone
constexpr std::size_t answers_max = 1024;         // shards of one broker
constexpr std::size_t message_bytes = 100;        // about, of one without records
constexpr Duration connect_max = seconds(2);
constexpr Duration write_max = seconds(10);
constexpr Duration feed_patience = milliseconds(20);  // for one replica, before the next is served
constexpr std::size_t feeding_max = 64;               // replicas whose disks do not answer
constexpr Duration retry_min = milliseconds(20);
constexpr Duration retry_max = milliseconds(500);
constexpr Duration soon = milliseconds(200);     // within the default lease, and above the default heartbeat interval
constexpr std::int32_t answer_bytes_max = 1024;  // to pulses

std::size_t size_of(const GroupMessage& item) {
  return message_bytes + item.batches.size();
}

}  // namespace

PeerLink::PeerLink(Host& host, const Peers& peers, ReplicaId to, std::function<void()> lost)
    : host_(host), peers_(peers), to_(to), lost_(std::move(lost)), log_(host.log().named("peer")) {}

bool PeerLink::has_room() const {
  return queued_bytes_ <= frame_bytes_max;
}

void PeerLink::send(GroupMessage message) {
  if (queued_bytes_ + size_of(message) > queued_bytes_max) return;  // dropped; the core sends again
  queued_bytes_ += size_of(message);
  queue_.push_back(std::move(message));
  work_.notify_all();
}

void PeerLink::announce(const std::vector<LeadersRequest::Leader>& changes) {
  if (!std::exchange(announces_, true)) whole_due_ = true;
  if (!whole_due_) changes_.insert(changes_.end(), changes.begin(), changes.end());
  if (has_something_to_say()) work_.notify_all();
}

void PeerLink::stop_announcing() {
  announces_ = whole_due_ = leads_ = false;
  changes_.clear();
}

void PeerLink::vouch() {
  if (!announces_) return;
  leads_ = pulses_due_ = true;
  work_.notify_all();
}

LeadersRequest PeerLink::take_announcement() {
  LeadersRequest request{static_cast<std::int32_t>(host_.shard()), std::exchange(whole_due_, false), as_of(), {}};
  auto changes = std::exchange(changes_, {});
  request.leaders = request.whole ? leaderships() : std::move(changes);
  return request;
}

void PeerLink::pulse(const Pulse& pulse) {
  pulse_ = pulse;
  pulses_due_ = true;
  work_.notify_all();
}

void PeerLink::answer(const PulseAnswer& answer) {
  if (answers_.size() >= answers_max) return;
  answers_[answer.asked.shard] = answer;
}

void PeerLink::answer_now() {
  if (answers_.empty()) return;
  pulses_due_ = true;
  work_.notify_all();
}

PulsesRequest PeerLink::take_pulses() {
  PulsesRequest request;
  request.from_directory_id = peers_.self.directory;
  request.to_directory_id = to_.directory;
  request.shard = static_cast<std::int32_t>(host_.shard());
  request.leads = std::exchange(leads_, false);
  if (request.leads) request.as_of = as_of();
  if (auto pulse = std::exchange(pulse_, std::nullopt)) request.pulses.push_back(to_wire(*pulse));
  for (const auto& [shard, answer] : std::exchange(answers_, {})) request.answers.push_back(to_wire(answer));
  pulses_due_ = false;
  return request;
}

std::int64_t PeerLink::as_of() {
  if (host_.clock().now() - clock_heard_at_ > soon) said_late_ = true;
  return clock_;
}

// The peer may take a message with an old time as expired. So once the peer has been heard again, the leaderships are
// renewed. Happens when nothing was sent for a while.
void PeerLink::vouch_if_late() {
  if (said_late_ && vouches()) vouch();
}

void PeerLink::hear_clock(std::int64_t clock) {
  clock_ = clock;
  clock_heard_at_ = host_.clock().now();
  vouch_if_late();
  said_late_ = false;
}

// Reads until the connection ends.
void PeerLink::hear_all(Connection& connection) {
  FrameReader frames(connection, host_.clock(), {.size_max = answer_bytes_max});
  for (;;) {
    auto answer = [&]() -> Result<PulsesResponse> {
      FULMAR_TRY(auto size, frames.next_size());
      if (size == 0) return fail(Errc::closed, "the peer has closed the connection");
      FULMAR_TRY(auto frame, frames.body(size));
      Reader reader(std::move(frame));
      read_response_header(reader, PulsesResponse::key, 0);
      return decode<PulsesResponse>(reader, 0);
    }();
    if (!answer) return;
    hear_clock(answer->clock);
  }
}

Result<std::unique_ptr<Connection>> PeerLink::connect() {
  auto address = peers_.address(to_.broker);
  if (!address) return fail(Errc::unreachable, "its address is not known");
  FULMAR_TRY(auto greeted, greet(host_, peers_, *address, host_.clock().deadline_in(connect_max)));
  const auto& answer = greeted.answer;
  if (ReplicaId{answer.broker_id, answer.directory_id} != to_)
    return fail(Errc::refused, "another data directory answers there: " + std::to_string(answer.broker_id) + "/" +
                                   to_string(answer.directory_id));
  said_late_ = false;
  hear_clock(answer.clock);
  return std::move(greeted.connection);
}

// While there is a connection. A follower may need the next append at once, so the groups take turns.
void PeerLink::feed(PatientRounds<GroupId>& rounds, const FindReplica& find) {
  for (;;) {
    may_feed_.wait([&] { return !to_feed_.empty() && has_room() && rounds.under_way() < feeding_max; });
    for (const auto& group : std::exchange(to_feed_, {})) {
      auto replica = find(group);
      if (!replica) continue;
      if (!has_room() || rounds.under_way() >= feeding_max) {
        to_feed_.insert(group);
        continue;
      }
      auto feed = [this, replica, group] {
        if (replica->feed(to_)) to_feed_.insert(group);
        may_feed_.notify_all();
      };
      rounds.visit(group, feed, host_.clock().deadline_in(feed_patience));
    }
  }
}

Result<void> PeerLink::deliver(Connection& connection) {
  auto shard = static_cast<std::int32_t>(host_.shard());
  for (;;) {
    work_.wait([&] { return over_ || has_something_to_say(); });
    // Noticed before writing, so that the queue is kept for the next connection.
    if (over_) return {};
    // Leaderships are announced before the pulses that renew them.
    while (whole_due_ || !changes_.empty()) {
      FULMAR_TRY_VOID(
          connection.write(request_frame(take_announcement(), 0, 0, ""), host_.clock().deadline_in(write_max)));
      vouch_if_late();
    }
    if (pulses_due_)
      FULMAR_TRY_VOID(connection.write(request_frame(take_pulses(), 0, 0, ""), host_.clock().deadline_in(write_max)));
    while (!queue_.empty()) {
      std::vector<GroupMessage> messages;
      std::size_t bytes = 0;
      while (!queue_.empty() && (messages.empty() || bytes + size_of(queue_.front()) <= frame_bytes_max)) {
        bytes += size_of(queue_.front());
        messages.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      queued_bytes_ -= bytes;
      if (!to_feed_.empty()) may_feed_.notify_all();
      if (on_drained) on_drained();
      FULMAR_TRY_VOID(connection.write(request_frame(to_wire(std::move(messages), shard), 0, 0, ""),
                                       host_.clock().deadline_in(write_max)));
    }
  }
}

void PeerLink::run(const FindReplica& find) {
  Backoff retry(host_, retry_min, retry_max);
  // Appends that are being read continue when the connection ends: a stuck disk is not waited for.
  PatientRounds<GroupId> rounds("feed follower", [this](const GroupId& group) { wants_feeding(group); });
  for (;;) {
    work_.wait([&] { return has_something_to_say() || !to_feed_.empty(); });
    Error error{};
    bool queue_is_lost = true;
    if (auto connection = connect()) {
      whole_due_ = announces_;
      if (!std::exchange(complaint_, {}).empty()) log_.info("peer reached again", {{"peer", to_string(to_)}});
      retry.reset();
      over_ = false;
      FiberGroup meanwhile;
      meanwhile.spawn("feed peer", [&] { feed(rounds, find); });
      meanwhile.spawn("hear peer", [this, &connection = **connection] {
        hear_all(connection);
        connection.abort();
        over_ = true;
        work_.notify_all();
      });
      auto delivered = deliver(**connection);
      over_ = true;
      queue_is_lost = !delivered;
      error = delivered ? Error{Errc::closed, "the connection is over"} : delivered.error();
    } else {
      error = connection.error();
    }
    if (auto why = to_string(error); why != complaint_) {
      complaint_ = why;
      log_.warn("peer not reached", {{"peer", to_string(to_)}, {"reason", why}});
    }
    if (queue_is_lost) {
      queue_.clear();
      queued_bytes_ = 0;
      if (on_drained) on_drained();
    }
    take_pulses();
    changes_.clear();
    whole_due_ = announces_;
    lost_();
    retry.pause();
  }
}

}  // namespace fulmar
