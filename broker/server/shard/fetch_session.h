// Fetch sessions (KIP-227): the broker remembers which partitions a consumer fetches, so that a request only says what
// has changed, and a response only has partitions with news.
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
  // As in the session's last response.
  Offset known_high_watermark = -1;
  Offset known_log_start = -1;
};

// From that version on topics are identified by ids (KIP-516).
inline constexpr std::int16_t fetch_by_id_since = 13;

// The partitions of a request, in its order. One that is named twice has the first place and the last parameters.
std::list<FetchTarget> fetch_targets(const MetadataImage& image, const FetchRequest& request, std::int16_t version);

class FetchSession {
 public:
  FetchSession(std::int32_t id, std::list<FetchTarget> targets, bool by_id);
  FetchSession(const FetchSession&) = delete;  // the map has iterators into the list
  FetchSession& operator=(const FetchSession&) = delete;

  const std::int32_t id;
  std::int32_t next_epoch = 1;
  const bool by_id;  // whether all its requests identify topics by ids

  // In the order of service; one that got data goes to the end, so that none starves.
  const std::list<FetchTarget>& targets() const { return targets_; }
  // Applies the next request: partitions that are new, changed, and then those that are forgotten.
  void update(const MetadataImage& image, const FetchRequest& request, std::int16_t version);
  // Records the response for the target. No effect if it was forgotten meanwhile.
  void answered(const FetchTarget& target, const FetchResponse::Topic::Partition& answer);

 private:
  using Key = std::tuple<Uuid, std::string, std::int32_t>;  // the name only if there is no id
  using Place = std::list<FetchTarget>::iterator;
  Key key_of(const std::string& topic, const Uuid& topic_id, std::int32_t index) const;

  std::list<FetchTarget> targets_;
  std::map<Key, Place> places_;
};

class FetchSessions {
 public:
  FetchSessions(std::size_t sessions_max, Entropy& entropy) : sessions_max_(sessions_max), entropy_(entropy) {}

  // A new session for these targets, in place of the least recently used one if there is no room; null if sessions_max
  // is 0.
  FetchSession* create(std::list<FetchTarget> targets, bool by_id);
  FetchSession* find(std::int32_t id);  // counts as a use
  void remove(std::int32_t id);
  std::size_t size() const { return by_id_.size(); }

 private:
  std::size_t sessions_max_;
  Entropy& entropy_;
  std::list<FetchSession> by_use_;  // most recently used first
  std::map<std::int32_t, std::list<FetchSession>::iterator> by_id_;
};

}  // namespace fulmar
