// Fetch sessions (KIP-227): what a consumer fetches from is remembered, so that each request need only say what has
// changed, and each answer only bring partitions that have news.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/record_batch.h"
#include "runtime/host/entropy.h"

namespace fulmar {

struct FetchTarget {
  std::string topic;
  Uuid topic_id;
  FetchRequest::Topic::Partition request;
  // What the session's last answer said of the partition.
  Offset known_high_watermark = -1;
  Offset known_log_start = -1;
};

struct FetchSession {
  std::int32_t id = 0;
  std::int32_t next_epoch = 1;
  // In the order in which they are served; one that got data goes to the end, so that none starves.
  std::list<FetchTarget> targets;
};

class FetchSessions {
 public:
  FetchSessions(std::size_t sessions_max, Entropy& entropy) : sessions_max_(sessions_max), entropy_(entropy) {}

  // A new session for these targets, the one unused for longest making room; null if there may be none.
  FetchSession* create(std::list<FetchTarget> targets);
  FetchSession* find(std::int32_t id);  // and counts as used
  void remove(std::int32_t id);
  std::size_t size() const { return by_id_.size(); }

 private:
  std::size_t sessions_max_;
  Entropy& entropy_;
  std::list<FetchSession> by_use_;  // the latest first
  std::map<std::int32_t, std::list<FetchSession>::iterator> by_id_;
};

}  // namespace fulmar
