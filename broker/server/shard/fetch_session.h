// Fetch sessions (KIP-227): the broker remembers which partitions a consumer fetches, so that a request only says what
// has changed, and a response only has partitions with news.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "broker/cluster/metadata_image.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/record_batch.h"
#include "runtime/host/entropy.h"

namespace fulmar {

struct FetchTarget {
  const std::string& topic() const { return *topic_name; }

  // Shared by the partitions of a topic, which may be many and its name long. Empty if its id is unknown.
  std::shared_ptr<const std::string> topic_name;
  Uuid topic_id;
  FetchRequest::Topic::Partition request;
  // As in the session's last response.
  Offset known_high_watermark = -1;
  Offset known_log_start = -1;
};

// The most memory that the fetch sessions of a shard take: some 250 bytes per partition.
inline constexpr std::size_t fetch_session_bytes_max = 128 << 20;

// From that version on topics are identified by ids (KIP-516).
inline constexpr std::int16_t fetch_by_id_since = 13;

// The partitions of a request, in its order. One that is named twice has the first place and the last parameters.
std::list<FetchTarget> fetch_targets(const MetadataImage& image, const FetchRequest& request, std::int16_t version);

class FetchSession {
 public:
  FetchSession(std::int32_t id, std::list<FetchTarget> targets, bool by_id);
  FetchSession(const FetchSession&) = delete;  // the map has iterators into the list, and views of its names
  FetchSession& operator=(const FetchSession&) = delete;

  const std::int32_t id;
  std::int32_t next_epoch = 1;
  const bool by_id;  // whether all its requests identify topics by ids

  // In the order of service; one that got data goes to the end, so that none starves.
  const std::list<FetchTarget>& targets() const { return targets_; }
  std::size_t bytes() const { return bytes_; }  // of memory, at most
  // Records the response for the target. No effect if it was forgotten meanwhile.
  void answered(const FetchTarget& target, const FetchResponse::Topic::Partition& answer);

 private:
  friend class FetchSessions;
  friend class FetchSessionInvariants;

  // The name only if topics are not identified by ids; it is the target's.
  using Key = std::tuple<Uuid, std::string_view, std::int32_t>;
  using Place = std::list<FetchTarget>::iterator;
  void update(const MetadataImage& image, const FetchRequest& request, std::int16_t version);
  Key key_of(const FetchTarget& target) const { return key_of(target.topic(), target.topic_id, target.request.index); }
  Key key_of(std::string_view topic, const Uuid& topic_id, std::int32_t index) const;

  std::list<FetchTarget> targets_;
  std::map<Key, Place> places_;
  std::size_t bytes_ = 0;
};

// The sessions of a shard: at most so many, of at most so many bytes in all. Those least recently used make room.
class FetchSessions {
 public:
  FetchSessions(std::size_t sessions_max, std::size_t bytes_max, Entropy& entropy)
      : sessions_max_(sessions_max), bytes_max_(bytes_max), entropy_(entropy) {}

  // A new session for these targets; null if there can be none, or none of that size.
  FetchSession* create(std::list<FetchTarget> targets, bool by_id);
  FetchSession* find(std::int32_t id);  // counts as a use
  // Applies the session's next request: partitions that are new, changed, and then those that are forgotten. Returns
  // false, and removes the session, if it would be too large.
  bool update(FetchSession& session, const MetadataImage& image, const FetchRequest& request, std::int16_t version);
  void remove(std::int32_t id);
  std::size_t size() const { return by_id_.size(); }

 private:
  friend class FetchSessionInvariants;

  const std::size_t sessions_max_;
  const std::size_t bytes_max_;
  Entropy& entropy_;
  std::list<FetchSession> by_use_;  // most recently used first
  std::map<std::int32_t, std::list<FetchSession>::iterator> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace fulmar
