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
    FetchShare share{.rack = request_.rack_id, .bytes_left = bytes_max, .rules = fetch_rules(request_)};
    std::size_t total = 0;
    auto image = shard_.image();
    for (auto& target : targets) {
      if (target.topic.empty()) target.topic = image->topic_name(target.topic_id);
      const auto* topic = image->topic(target.topic);
      readings_.push_back({.target = &target, .out = {}});
      auto& reading = readings_.back();
      if (!topic) {
        reading.out = refused_partition(target.request.index, ErrorCode::unknown_topic_or_partition);
        reading.out.aborted_transactions.emplace();
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

ByteChain frame(const RequestHeader& header, FetchResponse response) {
  return response_frame(response, header.api_version, header.correlation_id);
}

ByteChain error_frame(const RequestHeader& header, ErrorCode error) {
  FetchResponse response;
  response.error_code = error;
  return frame(header, std::move(response));
}

// Neighbours of one topic are told of together.
FetchResponse::Topic& topic_of(FetchResponse& response, const FetchTarget& target) {
  auto& topics = response.topics;
  bool goes_on = !topics.empty() && topics.back().name == target.topic && topics.back().topic_id == target.topic_id;
  return goes_on ? topics.back() : topics.emplace_back(target.topic, target.topic_id);
}

// Of a request that can't be meant, as Kafka answers it: the same for all, and for each partition.
ByteChain refused_frame(const RequestHeader& header, const FetchRequest& request, ErrorCode error) {
  FetchResponse response;
  response.error_code = error;
  for (const auto& topic : request.topics) {
    auto& out = response.topics.emplace_back(topic.name, topic.topic_id);
    for (const auto& partition : topic.partitions)
      out.partitions.emplace_back(refused_partition(partition.index, error)).aborted_transactions.emplace();
  }
  return frame(header, std::move(response));
}

// The whole of a fetch, from its session to its answer.
ByteChain serve_fetch(BrokerShard& shard, const RequestHeader& header, const FetchRequest& request) {
  auto version = header.api_version;
  bool full = version < 7 || request.session_epoch == 0 || request.session_epoch == -1;
  std::int32_t session_id = 0;
  std::list<FetchTarget> targets;
  if (full) {
    if (version >= 7 && request.session_id != 0) shard.sessions().remove(request.session_id);
    targets = fetch_targets(*shard.image(), request, version);
    if (version >= 7 && request.session_epoch == 0 && !targets.empty()) {
      if (auto* session = shard.sessions().create(targets, version >= fetch_by_id_since)) session_id = session->id;
    }
  } else {
    auto* session = shard.sessions().find(request.session_id);
    if (!session) return error_frame(header, ErrorCode::fetch_session_id_not_found);
    if (session->next_epoch != request.session_epoch)
      return error_frame(header, ErrorCode::invalid_fetch_session_epoch);
    if (session->by_id != (version >= fetch_by_id_since))
      return error_frame(header, ErrorCode::fetch_session_topic_id_error);
    session->next_epoch = session->next_epoch == std::numeric_limits<std::int32_t>::max() ? 1 : session->next_epoch + 1;
    session->update(*shard.image(), request, version);
    session_id = session->id;
    targets = session->targets();  // the session may be evicted while this waits
    if (targets.empty()) {
      shard.sessions().remove(std::exchange(session_id, 0));
    }
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
  for (auto& reading : fetch.readings()) {
    auto& target = *reading.target;
    auto& out = reading.out;
    bool news = full || !out.records.empty() || reading.must_answer() ||
                out.high_watermark != target.known_high_watermark || out.log_start_offset != target.known_log_start;
    if (session) session->answered(target, out);
    if (!news) continue;
    if (version >= fetch_by_id_since && target.topic.empty()) out.error_code = ErrorCode::unknown_topic_id;
    if (const auto* topic = shard.image()->topic(target.topic); topic && version >= node_endpoints_since)
      hint_leader(shard, *topic, target.request.current_leader_epoch, out, response);
    topic_of(response, target).partitions.push_back(std::move(out));
  }
  return frame(header, std::move(response));
}

}  // namespace

Result<Finish> begin_fetch(BrokerShard& shard, const RequestHeader& header, Reader& body) {
  TRY(auto request, decode<FetchRequest>(body, header.api_version));
  if (request.isolation_level != 0 && request.isolation_level != 1)
    return Finish([frame = refused_frame(header, request, ErrorCode::unknown_server_error)]() mutable {
      return std::move(frame);
    });
  return Finish([&shard, header, request = std::move(request)] { return serve_fetch(shard, header, request); });
}

}  // namespace fulmar
