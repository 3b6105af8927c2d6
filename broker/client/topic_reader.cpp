#include "broker/client/topic_reader.h"

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

ConsumerOptions consumer_options(const ClusterClientOptions& cluster, const TopicReaderOptions& wanted) {
  ConsumerOptions options;
  options.rack = wanted.rack;
  options.committed_only = wanted.committed_only;
  options.request_timeout = cluster.request_timeout;
  options.max_bytes = 8 << 20;
  options.partition_max_bytes = 1 << 20;
  return options;
}

}  // namespace

TopicReader::TopicReader(Host& host, ClusterClient& cluster, std::string topic, std::map<std::int32_t, Offset> from,
                         TopicReaderOptions options)
    : host_(host),
      cluster_(cluster),
      topic_(std::move(topic)),
      options_(std::move(options)),
      positions_(std::move(from)) {
  FULMAR_ASSERT(!positions_.empty());
}

Answer<TopicReader::Read> TopicReader::next() {
  Backoff backoff(host_, cluster_.options().retry_backoff, cluster_.options().retry_backoff_max);
  for (;;) {
    if (!reads_) FULMAR_TRY_VOID(start());
    auto read = reads_->pop();
    FULMAR_ASSERT(read.has_value());
    if (*read) {
      positions_[(*read)->partition] = (*read)->next;
      return std::move(*read);
    }
    stop();
    if (!is_retriable(read->error().code)) return std::move(*read);
    for (const auto& [partition, since] : in_trouble_since_)
      if (host_.clock().now() - since >= cluster_.options().patience) return std::move(*read);
    backoff.pause();
  }
}

Answer<void> TopicReader::start() {
  using Assigned = std::map<std::int32_t, Offset>;
  FULMAR_TRY(auto leaders, cluster_.retry([&](Deadline deadline) -> Answer<std::map<std::int32_t, Assigned>> {
    std::map<std::int32_t, Assigned> found;
    for (const auto& [partition, position] : positions_) {
      FULMAR_TRY(auto id, cluster_.leader_of(topic_, partition, deadline));
      found[id][partition] = position;
    }
    return found;
  }));
  reads_ = std::make_unique<BoundedQueue<Answer<Read>>>(reads_waiting_max);
  fetchers_.emplace();
  for (auto& [id, assigned] : leaders)
    fetchers_->spawn("fetch", [this, id, assigned = std::move(assigned)] {
      auto& apart = apart_.try_emplace(id, host_, cluster_.options()).first->second;
      Consumer consumer(host_, apart, consumer_options(cluster_.options(), options_), topic_);
      for (const auto& [partition, position] : assigned) consumer.assign(partition, position);
      fetch(consumer, assigned);
    });
  return {};
}

// Records that were fetched and not returned are fetched again.
void TopicReader::stop() {
  fetchers_.reset();
  reads_.reset();
  for (const auto& [partition, position] : positions_) cluster_.doubt_leader(topic_, partition);
}

// Until an error, which it passes on.
void TopicReader::fetch(Consumer& consumer, const std::map<std::int32_t, Offset>& assigned) {
  auto trouble = [&](std::int32_t partition, ClientError error) {
    in_trouble_since_.try_emplace(partition, host_.clock().now());
    reads_->push(std::unexpected(std::move(error)));
  };
  auto positions = assigned;
  for (;;) {
    auto polled = consumer.poll();
    if (!polled) return trouble(assigned.begin()->first, polled.error());
    for (auto& part : *polled) {
      auto name = topic_ + " [" + std::to_string(part.partition) + "] at offset ";
      auto position = consumer.position(part.partition);
      if (part.error != ErrorCode::none)
        return trouble(part.partition, ClientError(part.error, name + std::to_string(position)));
      if (auto& before = positions[part.partition]; before != position) {
        before = position;
        reads_->push(Read{part.partition, position, std::move(part.records)});
      }
      if (part.corrupt)
        return trouble(part.partition, ClientError(ErrorCode::corrupt_message, name + std::to_string(position)));
    }
    for (const auto& [partition, position] : assigned) in_trouble_since_.erase(partition);
  }
}

}  // namespace fulmar
