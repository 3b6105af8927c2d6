// Fetch: reads records below the high watermark, or below the last stable offset for read_committed, from the shards
// that own the partitions. If there are fewer than min_bytes, waits until there are enough or max_wait_ms has passed
// (long poll).
//
// A waiting fetch has no fiber and no records in memory. Records are read only once their response has memory in the
// shard's budget: if memory is short, less is read than was asked for (KIP-74: but at least one batch); if there is
// none, the fetch waits for it.
#include <algorithm>
#include <limits>
#include <list>

#include "broker/protocol/record_count.h"
#include "broker/server/requests/access.h"
#include "broker/server/requests/errors_in.h"
#include "broker/server/requests/fetch_partition.h"
#include "broker/server/requests/handlers.h"
#include "broker/server/requests/leader_hint.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/fiber/alarm.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::int16_t node_endpoints_since = 16;  // in earlier versions a leader's id would not come with its address
constexpr Duration fetch_wait_max = seconds(300);  // a limit for the client's max_wait_ms
// One fetch takes at most this share of the free memory, so that others get some; or the second, if that is more.
constexpr std::int64_t share_of_room = 4;
constexpr std::int64_t room_wanted_min = 1 << 20;
// The cost of a fetch per partition: to look it up, to read its log, and to wait for it or describe it.
constexpr Duration find_target_work = nanoseconds(300);
constexpr Duration read_target_work = microseconds(1);
constexpr Duration finish_target_work = nanoseconds(500);
constexpr std::int64_t target_bytes = 200;        // about what a fetch has in memory per partition while it waits
constexpr std::int64_t few_targets_bytes = 4096;  // taken also if there is no memory

// Reads all targets in their order; each reading has its part of the response.
class Readings {
 public:
  // `bytes_max` 0: reads no records.
  void read(BrokerShard& shard, const Session& session, const FetchRequest& request, std::int16_t version,
            std::list<FetchTarget>& targets, std::size_t bytes_max) {
    readings_.clear();
    decided_for_ = nullptr;
    // Anew for each attempt: what was allowed when the fetch began to wait, or its session, may be withdrawn by now.
    Access access(shard, session, ApiKey::fetch);
    FetchShare share{.rack = request.rack_id,
                     .bytes_left = bytes_max,
                     .got_any = bytes_max == 0,
                     .rules = fetch_rules(request, version)};
    const bool brokers_only = share.rules.from_replica && !access.may_on_cluster(AclOperation::cluster_action);
    std::vector<Run> runs;
    auto image = shard.image();
    for (auto& target : targets) {
      work_in_slices(find_target_work);
      if (target.topic().empty()) name_topic(target, *image);
      const auto* topic = image->topic(target.topic());
      readings_.push_back({.target = &target, .out = {}});
      auto& reading = readings_.back();
      const bool unknown_id = version >= fetch_by_id_since && target.topic().empty();
      if (brokers_only || (!share.rules.from_replica && !unknown_id && !may_read(access, target))) {
        reading.out = refused_partition(target.request.index, ErrorCode::topic_authorization_failed);
        reading.out.aborted_transactions.emplace();
        continue;
      }
      if (!topic) {
        reading.out = refused_partition(target.request.index, ErrorCode::unknown_topic_or_partition);
        reading.out.aborted_transactions.emplace();
        continue;
      }
      auto owner = shard.owner(topic->id, target.request.index);
      bool runs_on = !runs.empty() && runs.back().owner == owner;
      if (!runs_on) runs.push_back({owner, {}});
      runs.back().readings.push_back(&reading);
    }
    // Adjacent targets on the same shard are read in one call.
    for (auto& run : runs) {
      shard.on(run.owner, [&](BrokerShard& there) {
        for (auto* reading : run.readings) {
          read_partition(there, *reading, share);
          work_in_slices(read_target_work);
        }
      });
    }
  }
  void drop() { readings_.clear(); }

  std::list<Reading>& all() { return readings_; }
  std::size_t bytes() const {
    std::size_t total = 0;
    for (const auto& reading : readings_) total += reading.out.records.size();
    return total;
  }
  bool must_answer() const { return std::ranges::any_of(readings_, &Reading::must_answer); }
  bool records_wait() const {
    return std::ranges::any_of(readings_, [](const Reading& reading) {
      return reading.out.error_code == ErrorCode::none && reading.seen_end > reading.target->request.fetch_offset;
    });
  }

 private:
  struct Run {
    unsigned owner;
    std::vector<Reading*> readings;
  };

  // Adjacent partitions of a topic share the decision.
  bool may_read(Access& access, const FetchTarget& target) {
    if (decided_for_ != target.topic_name) {
      decided_for_ = target.topic_name;
      decision_ = access.may_on_topic(AclOperation::read, target.topic());
    }
    return decision_;
  }

  // The topic may exist by now. Adjacent partitions of a topic share its name.
  void name_topic(FetchTarget& target, const MetadataImage& image) const {
    const auto* before = readings_.empty() ? nullptr : readings_.back().target;
    if (before && before->topic_id == target.topic_id)
      target.topic_name = before->topic_name;
    else
      target.topic_name = std::make_shared<const std::string>(image.topic_name(target.topic_id));
  }

  std::list<Reading> readings_;
  std::shared_ptr<const std::string> decided_for_;
  bool decision_ = false;
};

// The state in which a partition was read, so that its owner can tell whether it has changed since.
struct Seen {
  const std::string* topic;  // the target's
  GroupId group;
  bool led_here;
  bool committed_only;
  Offset end;  // the end of what could be read
};

// On the owner's shard. Returns false, and does not wait, if one of them has changed already.
bool wait_for_change(BrokerShard& owner, const PartitionWaits::Waiter& waiter, const std::vector<Seen>& seen) {
  std::vector<GroupId> groups;
  for (const auto& one : seen) {
    auto* partition = owner.partitions().find(*one.topic, one.group.partition);
    if (!partition || !partition->replica || partition->topic_id != one.group.topic) return false;
    const auto& replica = *partition->replica;
    auto end = one.committed_only ? replica.last_stable_offset().value_or(-1) : replica.high_watermark();
    if (replica.leads() != one.led_here || end > one.end) return false;
    groups.push_back(one.group);
  }
  owner.partition_waits().add(waiter, std::move(groups));
  return true;
}

// Of what a fetch keeps while it waits.
std::int64_t bytes_of(const std::list<FetchTarget>& targets) {
  return static_cast<std::int64_t>(targets.size()) * target_bytes;
}

ByteChain frame(BrokerShard& shard, const RequestHeader& header, const FetchResponse& response) {
  count_errors(shard.counts().apis, response);
  return response_frame(response, header.api_version, header.correlation_id);
}

ByteChain error_frame(BrokerShard& shard, const RequestHeader& header, ErrorCode error) {
  FetchResponse response;
  response.error_code = error;
  return frame(shard, header, response);
}

// Adjacent partitions of a topic share an entry.
FetchResponse::Topic& topic_of(FetchResponse& response, const FetchTarget& target) {
  auto& topics = response.topics;
  bool goes_on = !topics.empty() && topics.back().name == target.topic() && topics.back().topic_id == target.topic_id;
  return goes_on ? topics.back() : topics.emplace_back(target.topic(), target.topic_id);
}

// The response to an invalid request, as in Kafka: the error for the whole, and for each partition.
ByteChain refused_frame(BrokerShard& shard, const RequestHeader& header, const FetchRequest& request, ErrorCode error) {
  FetchResponse response;
  response.error_code = error;
  for (const auto& topic : request.topics) {
    auto& out = response.topics.emplace_back(topic.name, topic.topic_id);
    for (const auto& partition : topic.partitions)
      out.partitions.emplace_back(refused_partition(partition.index, error)).aborted_transactions.emplace();
  }
  return frame(shard, header, response);
}

// One fetch, from its session to its response.
class Fetch final : public DelayedAnswer, private MemoryBudget::Waiter {
 public:
  Fetch(BrokerShard& shard, const Request& call, FetchRequest request)
      : shard_(shard),
        header_(call.header()),
        session_(call.shared_session()),
        request_(std::move(request)),
        full_(header_.api_version < 7 || request_.session_epoch == 0 || request_.session_epoch == -1),
        deadline_(shard.host().clock().now() + asked_wait()),
        patience_([this] { go_on(); }) {}
  virtual ~Fetch() { end_wait(); }

  // Called in the order of requests, since those of a session depend on one another. An error is the whole response.
  ErrorCode begin();
  // After begin(): the whole response if the client has fetched too much already: its other connections may have.
  std::optional<ByteChain> begin_held();
  std::optional<Ready> attempt() override;
  Duration asked_wait() const override {
    return std::clamp<Duration>(milliseconds(request_.max_wait_ms), Duration(0), fetch_wait_max);
  }

 private:
  enum class Next : unsigned char { answer, wait_for_change, wait_for_memory };

  void granted() noexcept override { go_on(); }
  void go_on() {
    changed_ = true;
    if (std::exchange(waiting_, false) && again) again();
  }
  Next read();
  bool wait();
  void end_wait();
  ByteChain answer();

  BrokerShard& shard_;
  const RequestHeader header_;
  const std::shared_ptr<Session> session_;
  const FetchRequest request_;
  const bool full_;
  const Instant deadline_;
  std::int32_t session_id_ = 0;
  std::list<FetchTarget> targets_;
  MemoryBudget::Charge targets_memory_;
  Readings readings_;
  MemoryBudget::Charge memory_;

  bool waiting_ = false;  // no attempt is running, and the next event starts one
  bool changed_ = false;
  std::optional<std::uint64_t> wait_;
  std::vector<unsigned> waits_at_;
  Alarm patience_;
};

ErrorCode Fetch::begin() {
  auto version = header_.api_version;
  // without yielding: the session must stay, and other requests must not come in between
  for (const auto& topic : request_.topics)
    declare_work(find_target_work * static_cast<std::int64_t>(topic.partitions.size()));
  if (full_) {
    if (version >= 7 && request_.session_id != 0) shard_.sessions().remove(request_.session_id);
    targets_ = fetch_targets(*shard_.image(), request_, version);
    shard_.client_memory().requests.charge_at_once(targets_memory_, bytes_of(targets_));
    if (version >= 7 && request_.session_epoch == 0 && !targets_.empty()) {
      if (auto* session = shard_.sessions().create(targets_, version >= fetch_by_id_since)) session_id_ = session->id;
    }
    return ErrorCode::none;
  }
  auto* session = shard_.sessions().find(request_.session_id);
  if (!session) return ErrorCode::fetch_session_id_not_found;
  if (session->next_epoch != request_.session_epoch) return ErrorCode::invalid_fetch_session_epoch;
  if (session->by_id != (version >= fetch_by_id_since)) return ErrorCode::fetch_session_topic_id_error;
  session->next_epoch = session->next_epoch == std::numeric_limits<std::int32_t>::max() ? 1 : session->next_epoch + 1;
  if (!shard_.sessions().update(*session, *shard_.image(), request_, version))
    return ErrorCode::fetch_session_id_not_found;
  // They are copied, since the session may be evicted while this waits. A request of a few bytes may thus need much
  // memory: if there is none, the client has to say again what it fetches, which takes memory of the same budget.
  auto bytes = bytes_of(session->targets());
  auto& budget = shard_.client_memory().requests;
  if (bytes <= few_targets_bytes) {
    budget.charge_at_once(targets_memory_, bytes);
  } else if (!budget.try_charge(targets_memory_, bytes, bytes <= MemoryBudget::small_max)) {
    shard_.sessions().remove(session->id);
    return ErrorCode::fetch_session_id_not_found;
  }
  session_id_ = session->id;
  targets_ = session->targets();
  if (targets_.empty()) shard_.sessions().remove(std::exchange(session_id_, 0));
  return ErrorCode::none;
}

// As in Kafka: a session goes on, and none is begun.
std::optional<ByteChain> Fetch::begin_held() {
  auto held = session_->throttle.excess(shard_, session_->principal, header_, QuotaKind::fetched_bytes);
  if (held == 0) return std::nullopt;
  if (full_ && session_id_ != 0) shard_.sessions().remove(std::exchange(session_id_, 0));
  FetchResponse response;
  response.session_id = session_id_;
  response.throttle_time_ms = held;
  return frame(shard_, header_, response);
}

std::optional<DelayedAnswer::Ready> Fetch::attempt() {
  for (;;) {
    end_wait();
    auto next = read();
    if (next == Next::answer) {
      Ready ready{.frame = answer(), .memory = std::move(memory_)};
      readings_.drop();
      return ready;
    }
    if (next == Next::wait_for_memory) {
      readings_.drop();
      waiting_ = true;
      shard_.client_memory().answers.charge_later(memory_, MemoryBudget::small_max, true, *this);
      return std::nullopt;
    }
    if (wait()) return std::nullopt;
  }
}

// Reads as far as there is memory, and returns what to do next.
Fetch::Next Fetch::read() {
  auto& budget = shard_.client_memory().answers;
  std::int64_t wanted = 0;
  for (const auto& target : targets_) wanted += std::max(0, target.request.max_bytes);
  wanted =
      std::clamp<std::int64_t>(request_.max_bytes, 0, std::min<std::int64_t>(wanted, shard_.config().fetch_bytes_max));
  auto allowed = session_->throttle.largest(shard_, session_->principal, header_, QuotaKind::fetched_bytes);
  if (allowed && *allowed < static_cast<double>(wanted)) wanted = static_cast<std::int64_t>(*allowed);
  auto share = std::min(wanted, std::max(room_wanted_min, budget.available(false) / share_of_room));
  bool room = memory_.bytes() > 0 || budget.try_charge(memory_, share, share <= MemoryBudget::small_max);
  if (!room) {
    share = std::min(wanted, MemoryBudget::small_max);
    room = budget.try_charge(memory_, share, true);
  }
  if (memory_.bytes() > 0) share = std::min(wanted, memory_.bytes());
  // A limit of 0 still asks for one batch.
  readings_.read(shard_, *session_, request_, header_.api_version, targets_,
                 room ? static_cast<std::size_t>(std::max<std::int64_t>(share, 1)) : 0);
  auto total = static_cast<std::int64_t>(readings_.bytes());
  if (total > memory_.bytes())
    budget.charge_at_once(memory_, total - memory_.bytes());
  else
    memory_.shrink_to(total);
  if (readings_.must_answer() || targets_.empty()) return Next::answer;
  if (!room && readings_.records_wait()) return Next::wait_for_memory;
  // Records that have no room can't be waited for; and batches rarely fill the room to its last byte.
  auto min_bytes = static_cast<std::int64_t>(std::max(0, request_.min_bytes));
  bool enough = total >= (share < wanted ? std::min(min_bytes, share / 2) : min_bytes);
  bool over = shard_.host().clock().now() >= deadline_;
  if (enough || over) return Next::answer;
  memory_ = {};
  return Next::wait_for_change;
}

// Begins to wait for a change of one of the partitions, or the deadline. False if there was a change already.
bool Fetch::wait() {
  std::map<unsigned, std::vector<Seen>> by_owner;
  auto image = shard_.image();
  declare_work(finish_target_work * static_cast<std::int64_t>(readings_.all().size()));
  for (const auto& reading : readings_.all()) {
    const auto* topic = image->topic(reading.target->topic());
    if (!topic) return false;  // deleted since it was read
    by_owner[shard_.owner(topic->id, reading.target->request.index)].push_back(
        {.topic = &reading.target->topic(),
         .group = {topic->id, reading.target->request.index},
         .led_here = reading.led_here,
         .committed_only = request_.isolation_level == 1,
         .end = reading.seen_end});
  }
  readings_.drop();
  changed_ = false;
  wait_ = shard_.begin_wait([this] { go_on(); });
  for (const auto& [owner, seen] : by_owner) {
    waits_at_.push_back(owner);
    PartitionWaits::Waiter waiter{shard_.host().shard(), *wait_};
    if (!shard_.on(owner, [&](BrokerShard& there) { return wait_for_change(there, waiter, seen); })) return false;
  }
  if (changed_) return false;
  waiting_ = true;
  patience_.set(deadline_);
  return true;
}

void Fetch::end_wait() {
  patience_.cancel();
  if (wait_) shard_.end_wait(*wait_, waits_at_);
  wait_.reset();
  waits_at_.clear();
}

ByteChain Fetch::answer() {
  FetchResponse response;
  response.session_id = session_id_;
  // without yielding: the session must stay
  declare_work(finish_target_work * static_cast<std::int64_t>(readings_.all().size()));
  auto* session = session_id_ ? shard_.sessions().find(session_id_) : nullptr;
  for (auto& reading : readings_.all()) {
    auto& target = *reading.target;
    auto& out = reading.out;
    bool news = full_ || !out.records.empty() || reading.must_answer() ||
                out.high_watermark != target.known_high_watermark || out.log_start_offset != target.known_log_start;
    if (session) session->answered(target, out);
    if (!news) continue;
    if (header_.api_version >= fetch_by_id_since && target.topic().empty())
      out.error_code = ErrorCode::unknown_topic_id;
    shard_.counts().fetched_bytes += static_cast<std::int64_t>(out.records.size());
    shard_.counts().fetched_records += records_in(out.records);
    if (const auto* topic = shard_.image()->topic(target.topic()); topic && header_.api_version >= node_endpoints_since)
      hint_leader(shard_, session_->listener, *topic, target.request.current_leader_epoch, out, response);
    topic_of(response, target).partitions.push_back(std::move(out));
  }
  auto answer = frame(shard_, header_, response);
  response.throttle_time_ms = session_->throttle.count(shard_, session_->principal, header_, QuotaKind::fetched_bytes,
                                                       static_cast<double>(answer.size()));
  if (response.throttle_time_ms == 0) return answer;
  return response_frame(response, header_.api_version, header_.correlation_id);
}

}  // namespace

Result<Finish> begin_fetch(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto request, call.body<FetchRequest>());
  if (request.isolation_level != 0 && request.isolation_level != 1)
    return Finish::with(refused_frame(shard, call.header(), request, ErrorCode::unknown_server_error));
  auto fetch = std::make_unique<Fetch>(shard, call, std::move(request));
  if (auto error = fetch->begin(); error != ErrorCode::none)
    return Finish::with(error_frame(shard, call.header(), error));
  if (auto held = fetch->begin_held()) return Finish::with(std::move(*held));
  return Finish(std::move(fetch));
}

}  // namespace fulmar
