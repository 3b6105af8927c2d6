// Fetch sessions (KIP-227): what a consumer fetches from is remembered, so that each request need only say what has
// changed, and each answer only bring partitions that have news.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "broker/cluster/metadata_image.h"
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

// From which version on topics are named by their ids (KIP-516).
inline constexpr std::int16_t fetch_by_id_since = 13;

// The partitions that a request fetches from, in its order. One that is named twice is one: where it stood first, with
// what was said of it last.
std::list<FetchTarget> fetch_targets(const MetadataImage& image, const FetchRequest& request, std::int16_t version);

class FetchSession {
 public:
  FetchSession(std::int32_t id, std::list<FetchTarget> targets, bool by_id);
  FetchSession(const FetchSession&) = delete;  // the index leads into the list
  FetchSession& operator=(const FetchSession&) = delete;

  const std::int32_t id;
  std::int32_t next_epoch = 1;
  const bool by_id;  // topics are named by their ids, in every request of it

  // In the order in which they are served; one that got data goes to the end, so that none starves.
  const std::list<FetchTarget>& targets() const { return targets_; }
  // Takes up what the next request says: what is new, what has changed, and then what is forgotten.
  void update(const MetadataImage& image, const FetchRequest& request, std::int16_t version);
  // The target was answered so. Nothing happens if it has been forgotten meanwhile.
  void answered(const FetchTarget& target, const FetchResponse::Topic::Partition& answer);

 private:
  using Key = std::tuple<Uuid, std::string, std::int32_t>;  // the name only where there is no id
  using Place = std::list<FetchTarget>::iterator;
  Key key_of(const std::string& topic, const Uuid& topic_id, std::int32_t index) const;

  std::list<FetchTarget> targets_;
  std::map<Key, Place> places_;
};

class FetchSessions {
 public:
  FetchSessions(std::size_t sessions_max, Entropy& entropy) : sessions_max_(sessions_max), entropy_(entropy) {}

  // A new session for these targets, the one unused for longest making room; null if there may be none.
  FetchSession* create(std::list<FetchTarget> targets, bool by_id);
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
