// A producer as Kafka's clients are: idempotent, with up to five batches of one partition under way at once. When some
// are not acknowledged it sends them again, one after the other, in their order, before it goes on. Since everything
// before is acknowledged, each of these is either the next one or one that the partition has: it must never be refused
// for its place in the sequence, and what is acknowledged has ascending offsets. It has a topic of its own: after a
// restart, brokers know a producer's last five batches of the last two segments, and five always fit into one here.
#include <deque>
#include <set>

#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/record_builder.h"
#include "runtime/fiber/event.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"

namespace fulmar {

namespace {

constexpr const char* topic = "streamed";
constexpr const char* segment_sizes[] = {"1024", "16777216"};  // five batches have 700 bytes at most
constexpr std::size_t under_way_max = 5;                       // max.in.flight.requests.per.connection
constexpr std::int16_t names_until = 12;                       // the last version of Produce that names topics

bool is_about_sequence(ErrorCode error) {
  return error == ErrorCode::out_of_order_sequence_number || error == ErrorCode::duplicate_sequence_number ||
         error == ErrorCode::invalid_producer_epoch;
}

class Streamer {
 public:
  Streamer(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        pace_ms_(workload.plan.setting(settings::streaming_pace_ms)),
        random_(host.entropy().stream()),
        segment_bytes_(segment_sizes[random_.below(std::size(segment_sizes))]),
        brokers_(host, cluster_options(workload, random_.split("cluster"))) {}

  void live() {
    while (!workload_.stop && !make_topic()) pause(host_, random_, pace_ms_);
    while (!workload_.stop && !begin_identity()) pause(host_, random_, pace_ms_);
    while (!workload_.stop && !refused_) {
      if (unacknowledged_.empty()) stream();
      if (!unacknowledged_.empty()) send_again();
      pause(host_, random_, pace_ms_);
    }
  }

 private:
  struct Batch {
    std::int32_t sequence;
    int count;
    ErrorCode error = ErrorCode::network_exception;
    Offset offset = -1;
  };

  Deadline in_time() { return host_.clock().deadline_in(workload_.request_timeout); }

  bool make_topic() {
    return create_once(host_, workload_, brokers_,
                       {topic,
                        1,
                        {{"segment.bytes", segment_bytes_},
                         {"retention.ms", "-1"},
                         {"message.timestamp.after.max.ms", "9223372036854775807"}}});
  }
  bool begin_identity() {
    auto connection = brokers_.any(in_time());
    if (!connection) return false;
    auto response = (*connection)->call<InitProducerIdResponse>(InitProducerIdRequest{}, in_time());
    if (!response || response->error_code != ErrorCode::none) return false;
    id_ = response->producer_id;
    epoch_ = response->producer_epoch;
    return true;
  }

  ProduceRequest request_of(const Batch& batch) {
    BatchOptions options;
    options.producer_id = id_;
    options.producer_epoch = epoch_;
    options.base_sequence = batch.sequence;
    std::vector<Record> records;
    for (int n = 0; n < batch.count; ++n)
      records.push_back({std::nullopt, "streamed " + std::to_string(batch.sequence + n), host_.clock().wall_ms(), {}});
    ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = static_cast<std::int32_t>(workload_.request_timeout / milliseconds(1));
    request.topics.push_back({topic, {{0, ByteChain(build_batch(records, options))}}});
    return request;
  }
  void ask(ClientConnection& connection, Batch& batch, const ProduceRequest& request) {
    auto response = connection.call<ProduceResponse>(request, in_time(), names_until);
    batch.error = ErrorCode::network_exception;
    // Answers come in order, so none would come after this one.
    if (!response) return connection.abort();
    if (response->topics.size() != 1 || response->topics[0].partitions.size() != 1) return;
    batch.error = response->topics[0].partitions[0].error_code;
    batch.offset = response->topics[0].partitions[0].base_offset;
  }

  // New batches, all at once; the very first alone: a partition takes any sequence for a producer's first.
  void stream() {
    auto connection = brokers_.leader(topic, 0, in_time());
    if (!connection) return;
    const auto count = next_sequence_ == 0 ? 1 : 1 + random_.below(under_way_max);
    for (std::size_t n = 0; n < count; ++n) {
      unacknowledged_.push_back({next_sequence_, static_cast<int>(random_.between(1, 3))});
      next_sequence_ += unacknowledged_.back().count;
    }
    FiberGroup fibers;
    for (auto& batch : unacknowledged_) {
      Event begins;
      fibers.spawn("batch", [&, request = request_of(batch)] {
        begins.set();
        ask(**connection, batch, request);
      });
      begins.wait();  // so that they are sent in their order
    }
    fibers.join();
    acknowledge(false);
  }

  // Only the first one, and the next once it is acknowledged.
  void send_again() {
    while (!unacknowledged_.empty() && !workload_.stop && !refused_) {
      brokers_.doubt_leader(topic, 0);
      auto connection = brokers_.leader(topic, 0, in_time());
      if (!connection) return;
      workload_.marks.reach(Mark::batch_streamed_again);
      ask(**connection, unacknowledged_.front(), request_of(unacknowledged_.front()));
      if (!acknowledge(true)) return;
    }
  }

  // Takes leave of the first ones, as far as they are acknowledged. `one`: of the very first at most. Returns whether
  // any was.
  bool acknowledge(bool one) {
    bool any = false;
    while (!unacknowledged_.empty() && unacknowledged_.front().error == ErrorCode::none && !(one && any)) {
      const auto& batch = unacknowledged_.front();
      if (batch.offset < next_offset_)
        say("offset-back", "sequence " + std::to_string(batch.sequence) + " is acknowledged at offset " +
                               std::to_string(batch.offset) + ", after what was acknowledged up to " +
                               std::to_string(next_offset_));
      next_offset_ = batch.offset + batch.count;
      unacknowledged_.pop_front();
      any = true;
    }
    if (unacknowledged_.empty()) return any;
    const auto& next = unacknowledged_.front();
    if ((!one || !any) && is_about_sequence(next.error))
      say("refused-in-sequence", "sequence " + std::to_string(next.sequence) +
                                     ", before which everything is acknowledged, is refused with " +
                                     error_code_name(next.error));
    return any;
  }
  void say(const char* anomaly, const std::string& what) {
    refused_ = true;
    workload_.seen.push_back({"idempotence", anomaly, std::string(topic) + ": " + what, host_.clock().now()});
  }

  Host& host_;
  Workload& workload_;
  const std::int64_t pace_ms_;  // between rounds
  Random random_;
  const std::string segment_bytes_;
  ClusterClient brokers_;
  ProducerId id_ = no_producer_id;
  std::int16_t epoch_ = -1;
  std::int32_t next_sequence_ = 0;
  Offset next_offset_ = 0;
  std::deque<Batch> unacknowledged_;  // in their order
  bool refused_ = false;
};

}  // namespace

void stream_batches(Host& host, Workload& workload) {
  workload.marks.expect(Mark::batch_streamed_again);
  Streamer(host, workload).live();
}

}  // namespace fulmar
