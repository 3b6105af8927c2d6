// A client that examines what brokers answer to Produce, Fetch, ListOffsets and DeleteRecords, on topics that nobody
// else writes to: limits of sizes, times that brokers give, sessions, and how long is waited; see examined_topic.h.
#include <algorithm>
#include <map>

#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/list_offsets.h"
#include "scenarios/clients.h"
#include "scenarios/examined_topic.h"

namespace fulmar {

namespace {

constexpr int batches_at_end = 12;                               // more than is to be kept
constexpr Timestamp far_ms = Timestamp{400} * 24 * 3600 * 1000;  // further than any clock is wrong

// The headers of whole batches.
std::vector<BatchHeader> headers_in(const Bytes& batches) {
  std::vector<BatchHeader> headers;
  for (std::string_view rest = batches.view(); rest.size() >= batch_header_size;) {
    auto header = read_batch_header(rest);
    if (!header || header->size() > rest.size()) break;
    rest.remove_prefix(header->size());
    headers.push_back(*header);
  }
  return headers;
}

class Examiner final : private ExaminedTopic {
 public:
  Examiner(Host& host, Workload& workload) : ExaminedTopic(host, workload) {}

  void live() {
    bool made = false;
    while (!workload_.stop) {
      rest();
      made = make();
      if (!made) continue;
      for (auto steps = random_.between(10, 100); steps > 0 && !workload_.stop; --steps) {
        rest();
        examine();
      }
    }
    if (!made || compacts_ || !limit_size()) return;
    for (int batches = 0; batches < batches_at_end; ++batches) write(1, false);
    see_it_expire();
  }

 private:
  void examine() {
    if (!find_leader(0)) return;
    if (first_leader_ != leader_) start_here_ = 0;
    first_leader_ = leader_;
    if (compacts_) return examine_compacted();
    switch (random_.below(12)) {
      case 0: return limit_batches();
      case 1: return examine_session();
      case 2: return wait_for_nothing();
      case 3: return remove();
      case 4: return look_up();
      case 5: return (void)kept(1, false);
      case 6:
      case 7: return read();
      default: write(static_cast<std::int32_t>(random_.below(partitions)), random_.chance(1, 4));
    }
  }

  // Around the limit for batches, which the broker shows before and after; at times as a batch of a producer that is
  // then sent again.
  void write(std::int32_t partition, bool twice) {
    if (partition != 0 && !find_leader(partition)) return;
    const bool in_future = random_.chance(1, 8);
    const Timestamp time = host_.clock().wall_ms() + (in_future ? far_ms : -random_.between(0, 5000));
    BatchOptions options;
    if (twice) {
      auto begun = ask<InitProducerIdResponse>(InitProducerIdRequest{});
      if (!begun || begun->error_code != ErrorCode::none) return;
      options.producer_id = begun->producer_id;
      options.producer_epoch = begun->producer_epoch;
      options.base_sequence = 0;
    }
    if (!see_limit()) return;
    const auto size =
        random_.chance(1, 3) ? batch_bytes_ + random_.between(-2, 2) : random_.between(80, batch_bytes_max);
    const auto batch = batch_of(static_cast<std::size_t>(size), time, options);
    Sent sent{.partition = partition, .bytes = static_cast<std::int64_t>(batch.size()), .time = time};
    sent_.push_back(sent);
    auto answer = produce(partition, batch);
    if (!answer) return;
    const auto text = "a batch of " + std::to_string(batch.size()) + " bytes";
    const auto limit = batch_bytes_;
    if (see_limit() && limit == batch_bytes_ &&
        (answer->error_code == ErrorCode::message_too_large) != (sent.bytes > batch_bytes_) &&
        (answer->error_code == ErrorCode::none || answer->error_code == ErrorCode::message_too_large))
      violate("wrong-limit", text + " was answered with " + error_code_name(answer->error_code) +
                                 ", and max.message.bytes is " + std::to_string(batch_bytes_));
    if (in_future && !appends_time_ && answer->error_code == ErrorCode::none)
      violate("future-accepted", text + " with the time " + std::to_string(time) + " was written");
    if (answer->error_code == ErrorCode::message_too_large || answer->error_code == ErrorCode::invalid_timestamp)
      sent_.pop_back();
    if (answer->error_code != ErrorCode::none) return;
    workload_.marks.reach(Mark::write_examined);
    if ((answer->log_append_time_ms >= 0) != appends_time_)
      violate("wrong-time", text + " was answered with the append time " + std::to_string(answer->log_append_time_ms));
    if (partition == 0 && answer->log_start_offset < start_here_)
      violate("start-back", text + " was answered with the log start " + std::to_string(answer->log_start_offset) +
                                ", after everything below " + std::to_string(start_here_) + " was deleted");
    sent_.back().offset = answer->base_offset;
    sent_.back().append_time = answer->log_append_time_ms;
    if (!twice) return;
    auto again = produce(partition, batch);
    if (!again || again->error_code != ErrorCode::none) return;
    if (again->base_offset == answer->base_offset && again->log_append_time_ms == answer->log_append_time_ms) return;
    violate("another-answer", text + " was written at offset " + std::to_string(answer->base_offset) +
                                  ", append time " + std::to_string(answer->log_append_time_ms) +
                                  "; sent again it is at " + std::to_string(again->base_offset) + ", append time " +
                                  std::to_string(again->log_append_time_ms));
  }

  // A batch above the limits is answered only alone, so that consumers get on (KIP-74).
  void read() {
    const auto max = static_cast<std::int32_t>(random_.between(1, 6000));
    const auto partition_max = static_cast<std::int32_t>(random_.between(1, 3000));
    auto response = ask<FetchResponse>(fetch_from(max, partition_max));
    if (!response || response->error_code != ErrorCode::none) return;
    std::size_t total = 0, batches = 0, above = 0;
    for (const auto& topic : response->topics)
      for (const auto& part : topic.partitions) {
        auto headers = headers_in(part.records.flatten());
        total += part.records.size();
        batches += headers.size();
        if (part.records.size() > static_cast<std::size_t>(partition_max)) {
          ++above;
          if (headers.size() > 1) above += 1;
        }
        for (const auto& header : headers) compare(part.index, header);
      }
    if (batches > 0) workload_.marks.reach(Mark::read_examined);
    if ((total > static_cast<std::size_t>(max) && batches > 1) || above > 1)
      violate("beyond-limit", "a fetch of at most " + std::to_string(max) + " bytes, " + std::to_string(partition_max) +
                                  " of each partition, got " + std::to_string(total) + " in " +
                                  std::to_string(batches) + " batches");
  }

  void compare(std::int32_t partition, const BatchHeader& header) {
    if (const auto* sent = sent_at(partition, header.base_offset)) {
      auto time = appends_time_ ? sent->append_time : sent->time;
      if (header.log_append_time() != appends_time_ || header.max_timestamp != time)
        violate("wrong-time", "the batch at " + std::to_string(partition) + ":" + std::to_string(header.base_offset) +
                                  " has the time " + std::to_string(header.max_timestamp) + ", not " +
                                  std::to_string(time));
    }
  }

  // The epoch of an offset that is looked up is that of its batch: consumers go on from there with it (KIP-320).
  void look_up() {
    const auto partition = static_cast<std::int32_t>(0);
    if (sent_.empty()) return;
    const auto& like = sent_[random_.below(sent_.size())];
    ListOffsetsRequest request;
    request.topics.push_back({name_, {{partition, -1, appends_time_ ? like.append_time : like.time}}});
    if (request.topics[0].partitions[0].timestamp < 0) return;
    auto response = leader_->call<ListOffsetsResponse>(request, in_time());
    if (!response || response->topics.size() != 1 || response->topics[0].partitions.size() != 1) return;
    const auto& answer = response->topics[0].partitions[0];
    if (answer.error_code != ErrorCode::none || answer.offset < 0) return;
    auto fetch = fetch_from(1 << 20, 1 << 20);
    fetch.topics[0].partitions.resize(1);
    fetch.topics[0].partitions[0].fetch_offset = answer.offset;
    auto fetched = ask<FetchResponse>(fetch);
    if (!fetched || fetched->topics.size() != 1 || fetched->topics[0].partitions.size() != 1) return;
    for (const auto& header : headers_in(fetched->topics[0].partitions[0].records.flatten())) {
      if (answer.offset < header.base_offset || answer.offset > header.last_offset()) continue;
      workload_.marks.reach(Mark::lookup_examined);
      if (answer.leader_epoch != header.leader_epoch)
        violate("wrong-epoch", "offset " + std::to_string(answer.offset) + " was looked up with epoch " +
                                   std::to_string(answer.leader_epoch) + ", and its batch has " +
                                   std::to_string(header.leader_epoch));
    }
  }

  // The limit for batches is another from when the broker that is asked shows it.
  void limit_batches() {
    const auto wanted = random_.between(300, batch_bytes_max);
    IncrementalAlterConfigsRequest request;
    request.resources.push_back(
        {static_cast<std::int8_t>(ConfigResource::topic), name_, {{"max.message.bytes", 0, std::to_string(wanted)}}});
    (void)ask<IncrementalAlterConfigsResponse>(request);
    // Not answered, it may be made late: so this goes by what is shown, each time.
    write(0, false);
  }
  void remove() { (void)remove_to(choose_offset(0)); }

  // A session has what it was told of last, and tells of log starts that are new (KIP-227).
  void examine_session() {
    auto begin = fetch_from(1 << 20, 1 << 20);
    begin.session_epoch = 0;
    auto begun = ask<FetchResponse>(begin);
    if (!begun || begun->error_code != ErrorCode::none || begun->session_id == 0) return;
    std::map<std::int32_t, Offset> starts;
    for (const auto& topic : begun->topics)
      for (const auto& part : topic.partitions)
        if (part.error_code == ErrorCode::none) starts[part.index] = part.log_start_offset;
    if (!starts.contains(0)) return;
    FetchRequest more;
    more.session_id = begun->session_id;
    more.session_epoch = 1;
    more.max_bytes = 1 << 20;
    more.forgotten_topics.push_back({name_, {}, {1}});
    auto end = begin.topics[0].partitions[0];
    for (const auto& topic : begun->topics)
      for (const auto& part : topic.partitions)
        if (part.index == 0) end.fetch_offset = std::max(part.high_watermark, Offset{0});
    more.topics.push_back({name_, {}, {end}});  // there is nothing more to read
    auto forgot = ask<FetchResponse>(more);
    if (!forgot || forgot->error_code != ErrorCode::none || forgot->throttle_time_ms > 0) return;
    if (tells_of(*forgot, 1)) return violate("not-forgotten", "a session told of the partition that it was to forget");
    auto start = remove_to(end.fetch_offset);
    FetchRequest next;
    next.session_id = begun->session_id;
    next.session_epoch = 2;
    auto told = ask<FetchResponse>(next);
    if (!told || told->error_code != ErrorCode::none || told->throttle_time_ms > 0) return;
    workload_.marks.reach(Mark::session_examined);
    if (tells_of(*told, 1)) violate("not-forgotten", "a session told of the partition that it was to forget");
    if (start && *start > starts[0] && !tells_of(*told, 0) && !tells_of(*forgot, 0))
      violate("start-untold", "a session was told the log start " + std::to_string(starts[0]) +
                                  ", and not that it is " + std::to_string(*start) +
                                  " since everything below was deleted");
  }
  static bool tells_of(const FetchResponse& response, std::int32_t partition) {
    for (const auto& topic : response.topics)
      for (const auto& part : topic.partitions)
        if (part.index == partition) return true;
    return false;
  }

  // Nobody writes meanwhile, so that only an error may come before the time is over.
  void wait_for_nothing() {
    ListOffsetsRequest list;
    list.topics.push_back({name_, {{0, -1, LookupOperation::latest}}});
    auto listed = leader_->call<ListOffsetsResponse>(list, in_time());
    if (!listed || listed->topics.size() != 1 || listed->topics[0].partitions.size() != 1) return;
    if (listed->topics[0].partitions[0].error_code != ErrorCode::none) return;
    auto fetch = fetch_from(1 << 20, 1 << 20);
    fetch.max_wait_ms = static_cast<std::int32_t>(random_.between(50, 500));
    fetch.min_bytes = 1 + static_cast<std::int32_t>(random_.below(2) * 1000);
    fetch.topics[0].partitions.resize(1);
    fetch.topics[0].partitions[0].fetch_offset = listed->topics[0].partitions[0].offset;
    const auto asked = host_.clock().now();
    auto fetched = ask<FetchResponse>(fetch);
    if (!fetched || fetched->error_code != ErrorCode::none || fetched->throttle_time_ms > 0) return;
    if (fetched->topics.size() != 1 || fetched->topics[0].partitions.size() != 1) return;
    const auto& part = fetched->topics[0].partitions[0];
    if (part.error_code != ErrorCode::none || !part.records.empty()) return;
    workload_.marks.reach(Mark::wait_examined);
    if (host_.clock().now() - asked < milliseconds(fetch.max_wait_ms))
      violate("early-answer", "a fetch that was to wait for " + std::to_string(fetch.max_wait_ms) +
                                  " ms was answered without a record after " +
                                  std::to_string((host_.clock().now() - asked) / milliseconds(1)));
  }

  void examine_compacted() {
    auto answer = produce(0, batch_of(100, host_.clock().wall_ms()));
    if (answer && answer->error_code == ErrorCode::none)
      violate("keyless-accepted", "a record without a key was written to a compacted topic");
    if (remove_to(0)) violate("compacted-deleted", "records of a compacted topic were deleted by a client");
  }

  Brokers::Connection first_leader_;  // of the first partition
};

}  // namespace

void examine_answers(Host& host, Workload& workload) {
  for (auto mark :
       {Mark::write_examined, Mark::read_examined, Mark::lookup_examined, Mark::session_examined, Mark::wait_examined})
    workload.marks.expect(mark);
  Examiner(host, workload).live();
}

}  // namespace fulmar
