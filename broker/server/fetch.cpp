// Fetch: reads what consumers may see, below the high watermark, from the shards that own the partitions; waits, if
// there is too little, until there is enough or the client's patience ends (long poll).
#include <algorithm>
#include <limits>
#include <map>

#include "broker/protocol/reader.h"
#include "broker/server/broker_shard.h"
#include "broker/server/fetch_partition.h"
#include "broker/server/handlers.h"
#include "broker/server/leader_hint.h"
#include "runtime/fiber/event.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::int16_t node_endpoints_since = 16;  // before, a leader's number would say nothing of where it is
constexpr Duration fetch_wait_max = seconds(300);  // however patient a client says it is

class Fetch {
 public:
  Fetch(BrokerShard& shard, const FetchRequest& request) : shard_(shard), request_(request) {}

  // Reads all targets, in their order. Returns the bytes read.
  std::size_t read(std::list<FetchTarget>& targets) {
    readings_.clear();
    auto bytes_max = static_cast<std::size_t>(std::clamp(request_.max_bytes, 0, shard_.config().fetch_bytes_max));
    FetchShare share{request_.rack_id, bytes_max};
    std::size_t total = 0;
    auto image = shard_.image();
    for (auto& target : targets) {
      if (target.topic.empty()) target.topic = image->topic_name(target.topic_id);
      const auto* topic = image->topic(target.topic);
      readings_.push_back({.target = &target, .out = {}});
      auto& reading = readings_.back();
      if (!topic) {
        reading.out.index = target.request.index;
        reading.out.high_watermark = -1;
        reading.out.error_code = ErrorCode::unknown_topic_or_partition;
        continue;
      }
      auto owner = shard_.owner(topic->id, target.request.index);
      bool runs_on = !runs_.empty() && runs_.back().owner == owner;
      if (!runs_on) runs_.push_back({owner, {}});
      runs_.back().readings.push_back(&reading);
    }
    // Neighbours of one shard are read in one visit.
    for (auto& run : std::exchange(runs_, {})) {
      shard_.on(run.owner, [&](BrokerShard& there) {
        for (auto* reading : run.readings) read_partition(there, *reading, share);
      });
    }
    for (auto& reading : readings_) total += reading.out.records.size();
    return total;
  }

  // Waits until one of the targets' partitions changes, or the deadline.
  void wait(Deadline deadline) {
    std::map<unsigned, std::vector<const Reading*>> by_owner;
    auto image = shard_.image();
    for (const auto& reading : readings_) {
      const auto* topic = image->topic(reading.target->topic);
      if (!topic) return;  // deleted since it was read
      by_owner[shard_.owner(topic->id, reading.target->request.index)].push_back(&reading);
    }
    Event any;
    FiberGroup waiters;
    for (auto& [owner, list] : by_owner) {
      waiters.spawn("fetch wait", [this, &any, &list = list, owner = owner, deadline] {
        shard_.on(owner, [&](BrokerShard& there) { wait_on_owner(there, list, deadline); });
        any.set();
      });
    }
    any.wait(deadline);
  }

  std::list<Reading>& readings() { return readings_; }
  bool must_answer() const { return std::ranges::any_of(readings_, &Reading::must_answer); }

 private:
  struct Run {
    unsigned owner;
    std::vector<Reading*> readings;
  };

  // On the owner's shard. What has changed since the reading is seen at once.
  static void wait_on_owner(BrokerShard& owner, const std::vector<const Reading*>& list, Deadline deadline) {
    Event changed;
    struct Registration {
      BrokerShard& owner;
      Event& event;
      std::vector<std::pair<std::string, std::int32_t>> keys;
      ~Registration() {
        for (auto& [topic, index] : keys)
          if (auto* partition = owner.partition(topic, index)) std::erase(partition->waiting, &event);
      }
    } registration{owner, changed, {}};
    for (const auto* reading : list) {
      const auto* target = reading->target;
      auto* partition = owner.partition(target->topic, target->request.index);
      if (!partition || !partition->replica) return;
      const auto& replica = *partition->replica;
      bool more = replica.leads() != reading->led_here || replica.high_watermark() > reading->seen_high_watermark;
      if (more) return;
      partition->waiting.push_back(&changed);
      registration.keys.emplace_back(target->topic, target->request.index);
    }
    changed.wait(deadline);
  }

  BrokerShard& shard_;
  const FetchRequest& request_;
  std::list<Reading> readings_;
  std::vector<Run> runs_;
};

// Fills in what the request left out: names for ids. False for an id nobody has.
bool name_topic(const MetadataImage& image, std::int16_t version, FetchTarget& target) {
  if (version < 13) return true;
  target.topic = image.topic_name(target.topic_id);
  return !target.topic.empty();
}

std::list<FetchTarget> targets_of(const MetadataImage& image, const FetchRequest& request, std::int16_t version) {
  std::list<FetchTarget> targets;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      FetchTarget target{topic.name, topic.topic_id, partition};
      name_topic(image, version, target);
      targets.push_back(std::move(target));
    }
  }
  return targets;
}

bool same_partition(const FetchTarget& a, const FetchTarget& b) {
  bool topic = a.topic_id.is_zero() ? a.topic == b.topic : a.topic_id == b.topic_id;
  return topic && a.request.index == b.request.index;
}

void update_session(FetchSession& session, const MetadataImage& image, const FetchRequest& request,
                    std::int16_t version) {
  for (auto& forgotten : request.forgotten_topics) {
    std::erase_if(session.targets, [&](const FetchTarget& target) {
      bool topic = version < 13 ? target.topic == forgotten.name : target.topic_id == forgotten.topic_id;
      return topic && std::find(forgotten.partitions.begin(), forgotten.partitions.end(), target.request.index) !=
                          forgotten.partitions.end();
    });
  }
  for (auto& wanted : targets_of(image, request, version)) {
    auto found = std::find_if(session.targets.begin(), session.targets.end(),
                              [&](const FetchTarget& target) { return same_partition(target, wanted); });
    if (found != session.targets.end())
      found->request = wanted.request;
    else
      session.targets.push_back(std::move(wanted));
  }
}

ByteChain frame(const RequestHeader& header, FetchResponse response) {
  return response_frame(response, header.api_version, header.correlation_id);
}

ByteChain error_frame(const RequestHeader& header, ErrorCode error) {
  FetchResponse response;
  response.error_code = error;
  return frame(header, std::move(response));
}

FetchResponse::Topic& topic_of(FetchResponse& response, const FetchTarget& target) {
  for (auto& topic : response.topics)
    if (topic.name == target.topic && topic.topic_id == target.topic_id) return topic;
  response.topics.push_back({target.topic, target.topic_id, {}});
  return response.topics.back();
}

// The whole of a fetch, from its session to its answer.
ByteChain serve_fetch(BrokerShard& shard, const RequestHeader& header, const FetchRequest& request) {
  auto version = header.api_version;
  bool full = version < 7 || request.session_epoch == 0 || request.session_epoch == -1;
  std::int32_t session_id = 0;
  std::list<FetchTarget> targets;
  if (full) {
    if (version >= 7 && request.session_id != 0) shard.sessions().remove(request.session_id);
    targets = targets_of(*shard.image(), request, version);
    if (version >= 7 && request.session_epoch == 0 && !targets.empty()) {
      if (auto* session = shard.sessions().create(targets)) session_id = session->id;
    }
  } else {
    auto* session = shard.sessions().find(request.session_id);
    if (!session) return error_frame(header, ErrorCode::fetch_session_id_not_found);
    if (session->next_epoch != request.session_epoch)
      return error_frame(header, ErrorCode::invalid_fetch_session_epoch);
    session->next_epoch = session->next_epoch == std::numeric_limits<std::int32_t>::max() ? 1 : session->next_epoch + 1;
    update_session(*session, *shard.image(), request, version);
    session_id = session->id;
    targets = session->targets;  // the session may be evicted while this waits
  }

  Fetch fetch(shard, request);
  auto patience = std::clamp<Duration>(milliseconds(request.max_wait_ms), Duration(0), fetch_wait_max);
  auto deadline = shard.host().clock().deadline_in(patience);
  for (;;) {
    auto total = fetch.read(targets);
    bool enough =
        total >= static_cast<std::size_t>(std::max(0, request.min_bytes)) || fetch.must_answer() || targets.empty();
    if (enough || shard.host().clock().now() >= deadline.at) break;
    fetch.wait(deadline);
  }

  FetchResponse response;
  response.session_id = session_id;
  auto* session = session_id ? shard.sessions().find(session_id) : nullptr;
  // The readings are in the session's order, unless another connection has used it meanwhile.
  auto expected = session ? session->targets.begin() : std::list<FetchTarget>::iterator();
  for (auto& reading : fetch.readings()) {
    auto& target = *reading.target;
    auto& out = reading.out;
    bool news = full || !out.records.empty() || reading.must_answer() ||
                out.high_watermark != target.known_high_watermark || out.log_start_offset != target.known_log_start;
    if (session) {
      auto kept = expected;
      if (kept == session->targets.end() || !same_partition(*kept, target))
        kept = std::find_if(session->targets.begin(), session->targets.end(),
                            [&](const FetchTarget& candidate) { return same_partition(candidate, target); });
      if (kept != session->targets.end()) expected = std::next(kept);
      if (kept != session->targets.end()) {
        kept->known_high_watermark = out.high_watermark;
        kept->known_log_start = out.log_start_offset;
        if (!out.records.empty()) session->targets.splice(session->targets.end(), session->targets, kept);
      }
    }
    if (!news) continue;
    if (version >= 13 && target.topic.empty()) out.error_code = ErrorCode::unknown_topic_id;
    if (const auto* topic = shard.image()->topic(target.topic); topic && version >= node_endpoints_since)
      hint_leader(shard, *topic, target.request.current_leader_epoch, out, response);
    topic_of(response, target).partitions.push_back(std::move(out));
  }
  return frame(header, std::move(response));
}

}  // namespace

Result<Finish> begin_fetch(BrokerShard& shard, const RequestHeader& header, Reader& body) {
  TRY(auto request, decode<FetchRequest>(body, header.api_version));
  return Finish([&shard, header, request = std::move(request)] { return serve_fetch(shard, header, request); });
}

}  // namespace fulmar
