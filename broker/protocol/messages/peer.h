// The messages between brokers on their INTERNAL listener: PeerHello begins a connection; RaftMessages are one-way, and
// carry the messages of many groups. They use the client protocol's framing and encoding, with keys that Kafka does not
// use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/record_batch.h"
#include "broker/protocol/uuid.h"
#include "runtime/base/bytes.h"

namespace fulmar {

// The versions of the messages between brokers that a release speaks. Two brokers speak the highest that both do. 1:
// log terms; 2: configurations beside the log; 3: the greeting has the versions, and the metadata is binary; 4:
// replicas report how far their logs are compacted; 5: what is compacted is not part of transactions any more.
struct PeerVersions {
  std::int16_t min = 0;
  std::int16_t max = 0;

  bool operator==(const PeerVersions&) const = default;
};
constexpr PeerVersions peer_versions{5, 5};

// nullopt: they have no common version.
constexpr std::optional<std::int16_t> spoken_by_both(const PeerVersions& one, const PeerVersions& other) {
  auto highest = one.max < other.max ? one.max : other.max;
  if (highest < one.min || highest < other.min) return std::nullopt;
  return highest;
}

// The version of the greeting itself, which every later release can read: new fields are tagged.
constexpr std::int16_t greeting_version = 3;

struct PeerHelloRequest {
  static constexpr ApiKey key = ApiKey::peer_hello;

  std::string cluster_id;  // empty: not known yet
  std::int32_t broker_id = -1;
  Uuid directory_id;
  Uuid nonce;  // never used before
  PeerVersions versions = peer_versions;
};

struct PeerReplica {
  std::int32_t broker_id = -1;
  Uuid directory_id;

  bool operator==(const PeerReplica&) const = default;
};

// INCONSISTENT_CLUSTER_ID: of another cluster. UNSUPPORTED_VERSION: no common version. BROKER_ID_NOT_REGISTERED:
// another broker was expected here.
struct PeerHelloResponse {
  static constexpr ApiKey key = ApiKey::peer_hello;

  ErrorCode error_code = ErrorCode::none;
  std::string error_message;
  std::string cluster_id;
  std::int32_t broker_id = -1;
  Uuid directory_id;
  std::vector<PeerReplica> first_voters;  // the first voters of the metadata group; empty: not known here
  std::int32_t controller_id = -1;        // as known here
  Uuid nonce;                             // never used before
  std::string proof;                      // of the secret (see cluster_secret.h); empty: there is none
  std::int64_t clock = -1;                // its monotonic clock, in nanoseconds
  PeerVersions versions = peer_versions;
};

// Follows the greeting, if there is a secret: nothing else is accepted before. One-way.
struct PeerProofRequest {
  static constexpr ApiKey key = ApiKey::peer_proof;

  std::string proof;
};

// All messages from one replica directory to another, in lists by kind; the order between kinds does not matter.
struct RaftMessagesRequest {
  static constexpr ApiKey key = ApiKey::raft_messages;

  struct Group {
    Uuid topic_id;
    std::int32_t partition = 0;
    std::int32_t term = -1;
  };
  using Replica = PeerReplica;
  struct Mark {
    std::int32_t term = -1;
    std::int64_t version = 0;
  };
  struct Configuration {
    Mark mark;
    std::vector<Replica> voters;
    std::vector<Replica> next_voters;
    std::vector<Replica> learners;
  };
  struct Epoch {
    std::int32_t epoch = -1;
    std::int64_t start_offset = 0;
  };
  struct VoteRequest {
    Group group;
    std::int64_t log_end = 0;
    std::int32_t log_term = -1;
    bool pre_vote = false;
    bool transfer = false;
    Mark configuration;
  };
  struct VoteReply {
    Group group;
    bool pre_vote = false;
    bool granted = false;
    std::int64_t log_start = 0;
    std::vector<Configuration> configuration;  // none, or one
  };
  struct Append {
    Group group;
    std::int64_t prev_offset = 0;
    std::int32_t prev_epoch = -1;
    std::vector<Epoch> epochs;
    std::int64_t end = 0;
    std::int64_t commit = 0;
    std::int64_t log_start = 0;
    std::int64_t log_end = 0;
    std::int64_t term_start = 0;
    std::int64_t sent_at = 0;
    std::vector<Configuration> configuration;  // likewise
    std::int64_t tombstone_bound = 0;
    ByteChain records;
  };
  struct AppendReply {
    Group group;
    std::int8_t verdict = 0;
    std::int64_t match = 0;
    std::int64_t prev_offset = 0;
    Epoch hint;
    std::int64_t log_end = 0;
    std::int64_t damage = 0;
    std::int64_t sent_at = 0;
    std::int64_t log_start = 0;
    std::int32_t log_term = -1;
    Mark configuration;
    std::int64_t cleaned_to = 0;
    std::int64_t tombstone_bound = 0;
  };
  struct Heartbeat {
    Group group;
    std::int64_t commit = 0;
    std::int64_t log_start = 0;
    std::int64_t healed = 0;
    std::int64_t sent_at = 0;
    std::int64_t quiesce = 0;                  // the number of the sender's liveness epoch; 0: no request
    std::vector<Configuration> configuration;  // likewise
    std::int64_t tombstone_bound = 0;
    std::int64_t tombstones_removable = 0;
  };
  struct HeartbeatReply {
    Group group;
    std::int64_t match = 0;
    std::int64_t damage = 0;
    std::int64_t sent_at = 0;
    std::int64_t quiesced = 0;  // likewise
    std::int64_t log_start = 0;
    std::int32_t log_term = -1;
    Mark configuration;
    std::int64_t cleaned_to = 0;
    std::int64_t tombstone_bound = 0;
  };
  struct TimeoutNow {
    Group group;
    std::int64_t commit = 0;
  };
  struct StartOver {
    Group group;
    std::int64_t offset = 0;
    std::int32_t epoch = -1;
    Configuration configuration;
    std::int64_t commit = 0;
    std::int64_t sent_at = 0;
    std::int64_t term_start = 0;
    std::int64_t tombstone_bound = 0;
  };

  Uuid from_directory_id;
  Uuid to_directory_id;
  std::int32_t from_shard = 0;
  std::vector<VoteRequest> vote_requests;
  std::vector<VoteReply> vote_replies;
  std::vector<Append> appends;
  std::vector<AppendReply> append_replies;
  std::vector<Heartbeat> heartbeats;
  std::vector<HeartbeatReply> heartbeat_replies;
  std::vector<TimeoutNow> timeouts;
  std::vector<StartOver> starts_over;
};

// A shard's pulses, which replace the heartbeats of its quiesced groups, and its answers to the other side's pulses
// (see Liveness). `leads`: renews all leaderships announced on this connection; only then there is a response.
struct PulsesRequest {
  static constexpr ApiKey key = ApiKey::pulses;

  struct Epoch {
    std::int32_t shard = 0;
    std::int64_t number = 0;
  };
  struct Pulse {
    Epoch epoch;
    std::int64_t sent_at = 0;
  };
  struct Answer {
    Epoch asked;
    Epoch epoch;
    std::int64_t sent_at = 0;
  };

  Uuid from_directory_id;
  Uuid to_directory_id;
  std::int32_t shard = 0;  // of the sender
  bool leads = false;
  std::int64_t as_of = -1;  // as LeadersRequest's
  std::vector<Pulse> pulses;
  std::vector<Answer> answers;
};

struct PulsesResponse {
  static constexpr ApiKey key = ApiKey::pulses;

  std::int64_t clock = -1;  // as PeerHelloResponse's
};

// Leaderships, announced by the leaders to every broker: on a new connection all of the shard's, then the changes.
// One-way. `voters` are those of a settled configuration that the metadata does not show yet. The receiver measures the
// age of a message by its own clock: the sender returns the last value of that clock that it received on this
// connection.
struct LeadersRequest {
  static constexpr ApiKey key = ApiKey::leaders;

  struct Leader {
    Uuid topic_id;
    std::int32_t partition = 0;
    std::int32_t broker_id = -1;  // the sender; -1: it does not lead the group any more
    std::int32_t epoch = -1;
    std::vector<std::int32_t> in_sync;  // brokers
    std::vector<PeerReplica> voters;
    std::int32_t configuration_term = -1;  // the mark of their configuration
    std::int64_t configuration_version = 0;

    bool operator==(const Leader&) const = default;
  };

  std::int32_t shard = 0;   // of the sender
  bool whole = false;       // all its leaderships: earlier ones that are missing have ended
  std::int64_t as_of = -1;  // of the receiver's clock: a time before this was sent
  std::vector<Leader> leaders;
};

// A broker registers with the controller. NOT_CONTROLLER: ask the present one. DUPLICATE_BROKER_REGISTRATION: another
// directory of that broker is alive. BROKER_ID_NOT_REGISTERED: it was unregistered for good. UNSUPPORTED_VERSION:
// features are finalised at levels that the broker does not support.
struct RegisterBrokerRequest {
  static constexpr ApiKey key = ApiKey::register_broker;

  struct Feature {
    std::string name;
    std::int16_t min = 0;
    std::int16_t max = 0;
  };
  struct Listener {
    std::string name;
    std::int8_t protocol = 0;  // as SecurityProtocol
    std::string host;
    std::int32_t port = 0;
    bool operator==(const Listener&) const = default;
  };

  std::int32_t broker_id = -1;
  Uuid directory_id;
  Uuid incarnation_id;  // a new one at each start
  std::string host;     // of the first listener for clients
  std::int32_t port = 0;
  std::string internal_host;
  std::int32_t internal_port = 0;
  std::optional<std::string> rack;
  std::vector<Feature> features;  // that the broker supports
  // All listeners for clients; none: there is that one, by the name of PLAINTEXT.
  std::vector<Listener> listeners = {};
};

struct RegisterBrokerResponse {
  static constexpr ApiKey key = ApiKey::register_broker;

  ErrorCode error_code = ErrorCode::none;
  // The registration is below this offset of the metadata log, and so is everything committed before this start.
  std::int64_t metadata_offset = -1;
  std::string error_message = {};  // for people
};

// A registered broker's heartbeat; when it stops in order, it first says that it will, then, when it leads nothing any
// more, that it does. NOT_CONTROLLER: ask the present one. BROKER_ID_NOT_REGISTERED: it is not, or has another
// directory. STALE_BROKER_EPOCH: the heartbeat is from another run than the registered one, and has no effect.
struct BrokerHeartbeatRequest {
  static constexpr ApiKey key = ApiKey::broker_heartbeat;

  std::int32_t broker_id = -1;
  Uuid directory_id;
  Uuid incarnation_id;
  bool want_shut_down = false;  // it should get no more leaderships
  bool want_fence = false;      // it is about to be gone
};

struct BrokerHeartbeatResponse {
  static constexpr ApiKey key = ApiKey::broker_heartbeat;

  ErrorCode error_code = ErrorCode::none;
};

// Asks a leader to transfer leaderships to the preferred replicas. For each: NOT_LEADER_OR_FOLLOWER,
// PREFERRED_LEADER_NOT_AVAILABLE, or none: the transfer has begun.
struct PreferLeadersRequest {
  static constexpr ApiKey key = ApiKey::prefer_leaders;

  struct Group {
    Uuid topic_id;
    std::int32_t partition = 0;
  };
  std::vector<Group> groups;
};

struct PreferLeadersResponse {
  static constexpr ApiKey key = ApiKey::prefer_leaders;

  struct Result {
    ErrorCode error_code = ErrorCode::none;
  };
  std::vector<Result> results;  // in the order of the request
};

// Part of the newest metadata snapshot, from the leader. SNAPSHOT_NOT_FOUND: it has another offset;
// POSITION_OUT_OF_RANGE.
struct FetchMetadataSnapshotRequest {
  static constexpr ApiKey key = ApiKey::fetch_metadata_snapshot;

  std::int64_t offset = -1;  // of the requested snapshot; -1: the newest
  std::int64_t position = 0;
};

struct FetchMetadataSnapshotResponse {
  static constexpr ApiKey key = ApiKey::fetch_metadata_snapshot;

  ErrorCode error_code = ErrorCode::none;
  std::int64_t offset = -1;
  std::int64_t size = 0;  // of the whole
  ByteChain part;
};

// A client's request, forwarded to the controller.
struct ForwardRequest {
  static constexpr ApiKey key = ApiKey::forward;

  // Whose request it is, as the broker knows that received it.
  struct Client {
    std::string principal_type;
    std::string principal_name;
    std::string host;      // its address, without its port
    std::string listener;  // where it came in

    bool operator==(const Client&) const = default;
  };

  ByteChain frame;  // without its size
  // None: the request is the sending broker's own. Tagged: a release that does not know it has no authorizer, either.
  std::optional<Client> client;
};

struct ForwardResponse {
  static constexpr ApiKey key = ApiKey::forward;

  ErrorCode error_code = ErrorCode::none;
  std::int64_t metadata_offset = -1;  // the response's changes are below this offset of the metadata log
  ByteChain frame;                    // the response, with its size
};

}  // namespace fulmar
