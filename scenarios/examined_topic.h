// ExaminedTopic: a topic that one client has for itself, and what that client knows of it: what it has sent, what is
// deleted, and its configuration. The base of the client that examines answers (examining_client.cpp).
//
// Requests go to the broker that leads a partition, on one connection, so that an examination depends on nothing that
// other brokers know. What is not answered, or answered with another error, says nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/client/cluster_client.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/record_builder.h"
#include "runtime/host/clock.h"
#include "scenarios/workload.h"

namespace fulmar {

class ExaminedTopic {
 protected:
  static constexpr std::int32_t partitions = 2;
  static constexpr std::int64_t batch_bytes_max = 1200;
  static constexpr std::int16_t names_topics = 12;  // the last version of Produce and Fetch that does

  ExaminedTopic(Host& host, Workload& workload);

  // A batch that was sent, by the offset of its first record if that is known.
  struct Sent {
    std::int32_t partition = 0;
    std::int64_t bytes = 0;
    Timestamp time = -1;                // of its records, as sent
    std::optional<Offset> offset = {};  // none: it may have been written or not
    Timestamp append_time = -1;         // as answered
  };

  void rest();
  Deadline in_time() const { return host_.clock().deadline_in(workload_.request_timeout); }
  void violate(const char* anomaly, const std::string& text);

  // Another topic, of another name. Whether it was made.
  bool make();
  // The broker that is asked from now on. Whether it was found.
  bool find_leader(std::int32_t partition);
  template <class Response, class Request>
  std::optional<Response> ask(const Request& request) {
    auto response = leader_->call<Response>(request, in_time(), names_topics);
    if (response) return std::move(*response);
    brokers_.doubt_leader(name_, 0);
    return std::nullopt;
  }

  // A batch of one record, of as many bytes as are wanted if these are enough for one.
  Bytes batch_of(std::size_t bytes_wanted, Timestamp time, const BatchOptions& options = {});
  // The only partition's answer.
  std::optional<ProduceResponse::Topic::Partition> produce(std::int32_t partition, const Bytes& batch);
  const Sent* sent_at(std::int32_t partition, Offset offset) const;
  // Where a batch begins that was written and not deleted; else where the log began.
  Offset choose_offset(std::int32_t partition);
  // From chosen offsets of all partitions.
  FetchRequest fetch_from(std::int32_t max_bytes, std::int32_t partition_max_bytes);
  // Asks for the limit of batches, on this connection, and so on the shard that checks what is sent on it.
  bool see_limit();
  // Everything below an offset, in the first partition. Where it begins then.
  std::optional<Offset> remove_to(Offset offset);

  // Retention by size keeps at least as much as it is to keep, of what may be in the log. The bytes that were sent
  // since the log's start; only those that are known to be written, or all.
  std::optional<std::int64_t> kept(std::int32_t partition, bool only_written);
  // Acknowledged, so that it holds from now on.
  bool limit_size();
  // In the end the second partition, of which no client deletes anything, has no more than it is to have.
  void see_it_expire();

  Host& host_;
  Workload& workload_;
  Random random_;
  ClusterClient brokers_;
  Brokers::Connection leader_;  // of the partition that is examined
  std::string name_;
  bool appends_time_ = false;  // message.timestamp.type
  bool compacts_ = false;
  std::int64_t kept_bytes_ = -1;                // retention.bytes
  std::int64_t batch_bytes_ = batch_bytes_max;  // max.message.bytes, as the leader showed it
  std::vector<Sent> sent_;
  std::map<std::int32_t, Offset> deleted_to_;
  Offset start_here_ = 0;  // of the first partition, as this leader said
};

}  // namespace fulmar
