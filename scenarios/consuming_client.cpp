// A consumer of one topic: reads from the beginning on, seeks sometimes, and at the end reads every partition to its
// end.
#include "broker/client/consumer.h"
#include "checkers/values.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

ConsumerOptions choose_options(Random& random, const Workload& workload) {
  ConsumerOptions options;
  options.request_timeout = workload.request_timeout;
  options.max_wait = milliseconds(random.between(1, 1000));
  options.min_bytes = static_cast<std::int32_t>(random.between(0, 2000));
  options.max_bytes = static_cast<std::int32_t>(random.between(1, 100'000));
  options.partition_max_bytes = static_cast<std::int32_t>(random.between(1, 20'000));
  options.version_max = static_cast<std::int16_t>(random.between(4, 12));
  if (workload.plan.setting_or(settings::racks, 0) && random.chance(2, 3))
    options.rack = "rack-" + std::to_string(random.below(3));
  options.tells_epochs = random.chance(1, 2);
  // Requests have the rack since version 11, the epoch since version 12.
  if (!options.rack.empty() || options.tells_epochs) options.version_max = 12;
  return options;
}

class Reading {
 public:
  Reading(Host& host, Workload& workload)
      : host_(host),
        workload_(workload),
        number_(workload.next_consumer++),
        random_(host.entropy().stream()),
        topic_(pick_partition(random_, workload).topic),
        brokers_(host, cluster_options(workload, random_.split("cluster"))),
        options_(choose_options(random_, workload)),
        consumer_(host, brokers_, options_, topic_) {}

  void live() {
    while (!workload_.stop) {
      take_new_partitions();
      if (!poll()) {
        pause(host_, random_, 500);
        continue;
      }
      // Sometimes seeks to the start, or to the middle.
      if (random_.chance(1, 20)) {
        auto partition = static_cast<std::int32_t>(random_.below(sought_.size()));
        seek(partition,
             static_cast<Offset>(random_.below(static_cast<std::uint64_t>(consumer_.position(partition)) + 1)));
      }
      pause(host_, random_, workload_.plan.setting(settings::consumer_pace_ms));
    }
    read_to_the_end();
    note_wrong_answer(workload_, host_, consumer_.saw_wrong_answer(), "a consumer");
  }

 private:
  void seek(std::int32_t partition, Offset position) {
    consumer_.assign(partition, position);
    sought_[partition] = true;
  }

  void take_new_partitions() {
    auto count = workload_.topics.at(topic_).partitions;
    for (auto partition = static_cast<std::int32_t>(sought_.size()); partition < count; ++partition) seek(partition, 0);
  }

  // Returns whether there was any response.
  bool poll() {
    std::map<std::int32_t, Offset> positions;
    for (const auto& [partition, sought] : sought_) positions[partition] = consumer_.position(partition);
    auto invoked = host_.clock().now();
    auto polled = consumer_.poll();
    if (!polled) return false;
    for (const auto& part : *polled) take(part, positions[part.partition], invoked);
    return true;
  }

  void take(const Polled& part, Offset position, Instant invoked) {
    if (part.diverging.epoch >= 0) return diverged(part);
    ReadOperation read;
    read.consumer = number_;
    read.from = {topic_, part.partition};
    read.invoked = invoked;
    read.completed = host_.clock().now();
    read.position = position;
    read.corrupt = part.corrupt;
    // If the request has a rack, a leader that has just been deposed may serve it as a follower.
    read.from_follower = part.follower >= 0 || !options_.rack.empty();
    if (part.error == ErrorCode::none) {
      read.sought = std::exchange(sought_[part.partition], false);
      read.high_watermark = part.high_watermark;
      read.log_start = part.log_start;
    }
    for (const auto& record : part.records)
      read.records.push_back(see_value(record.offset, record.value ? record.value->view() : std::string_view()));
    if (part.follower >= 0 && !read.records.empty()) workload_.marks.reach(Mark::follower_read);
    if (workload_.on_read) workload_.on_read(read, part.follower);
    if (!read.records.empty() || read.corrupt) tell_ended(workload_, read);
    if (options_.tells_epochs && !read.records.empty()) workload_.marks.reach(Mark::fetch_with_epoch);
    if (part.error == ErrorCode::none || read.corrupt) workload_.history.reads.push_back(std::move(read));
    if (part.error != ErrorCode::offset_out_of_range) return;
    ErrorCode error{};
    auto earliest = consumer_.list_offset(part.partition, earliest_offset, error);
    if (earliest && error == ErrorCode::none) seek(part.partition, *earliest);
  }

  // The log diverged from what was read, which must never happen to committed records.
  void diverged(const Polled& part) {
    workload_.marks.reach(Mark::fetch_diverged);
    if (workload_.topics.at(topic_).promise.synced)
      workload_.seen.push_back(
          {"durability", "diverged",
           "consumer " + std::to_string(number_) + " had read " + topic_ + "-" + std::to_string(part.partition) +
               " up to " + std::to_string(consumer_.position(part.partition)) +
               ", and the leader's log parts from that at offset " + std::to_string(part.diverging.end_offset) +
               " of epoch " + std::to_string(part.diverging.epoch),
           host_.clock().now()});
    seek(part.partition, std::max<Offset>(part.diverging.end_offset, 0));
  }

  // While (nearly) nothing is written, every partition can be read to its end. One that is far behind skips some
  // records.
  void read_to_the_end() {
    constexpr Offset lag_max = 200;
    take_new_partitions();
    // A broker without more records must not delay those of others.
    consumer_.set_limits(1 << 20, 1 << 18, 0, milliseconds(5));
    for (auto& [partition, sought] : sought_) {
      Offset end = -1;
      for (;;) {
        ErrorCode error{};
        auto told = consumer_.list_offset(partition, latest_offset, error);
        if (told && error == ErrorCode::none) {
          end = *told;
          break;
        }
        pause(host_, random_, 200);
      }
      if (consumer_.position(partition) < end - lag_max) seek(partition, end - lag_max);
      while (consumer_.position(partition) < end && keeps(partition, end))
        if (!poll()) pause(host_, random_, 200);
    }
    workload_.marks.reach(Mark::consumer_at_the_end);
  }

  // Page-cache topics may lose records that existed when the end was looked up.
  bool keeps(std::int32_t partition, Offset end) {
    if (workload_.topics.at(topic_).promise.synced) return true;
    ErrorCode error{};
    auto told = consumer_.list_offset(partition, latest_offset, error);
    return !told || error != ErrorCode::none || *told >= end;
  }

  Host& host_;
  Workload& workload_;
  int number_;
  Random random_;
  std::string topic_;
  ClusterClient brokers_;
  ConsumerOptions options_;
  Consumer consumer_;
  std::map<std::int32_t, bool> sought_;  // by partition; whether its position was set by a seek
};

}  // namespace

void consume(Host& host, Workload& workload) {
  Reading(host, workload).live();
}

}  // namespace fulmar
