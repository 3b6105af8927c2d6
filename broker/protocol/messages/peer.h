// What brokers say to each other on their own listener: PeerHello opens a connection, RaftMessages are one-way and
// carry what many groups have to say at once. In the client protocol's framing and codec, under keys that Kafka does
// not use.
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

// Which versions of all that brokers say to each other a release speaks. Two brokers speak the highest that both do. 1:
// log terms; 2: configurations beside the log; 3: the greeting tells the versions, and the metadata is binary.
struct PeerVersions {
  std::int16_t min = 0;
  std::int16_t max = 0;

  bool operator==(const PeerVersions&) const = default;
};
constexpr PeerVersions peer_versions{3, 3};

// nullopt: they do not understand each other.
constexpr std::optional<std::int16_t> spoken_by_both(const PeerVersions& one, const PeerVersions& other) {
  auto highest = one.max < other.max ? one.max : other.max;
  if (highest < one.min || highest < other.min) return std::nullopt;
  return highest;
}

// The version of the greeting itself, which every later release reads: what comes to it is tagged.
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

// INCONSISTENT_CLUSTER_ID: of another cluster. UNSUPPORTED_VERSION: there is none that both speak.
// BROKER_ID_NOT_REGISTERED: somebody else was expected here.
struct PeerHelloResponse {
  static constexpr ApiKey key = ApiKey::peer_hello;

  ErrorCode error_code = ErrorCode::none;
  std::string error_message;
  std::string cluster_id;
  std::int32_t broker_id = -1;
  Uuid directory_id;
  std::vector<PeerReplica> first_voters;  // the first voters of the metadata group; empty: not known here
  std::int32_t controller_id = -1;        // as far as it knows
  Uuid nonce;                             // never used before
  std::string proof;                      // that it knows the secret (see cluster_secret.h); empty: it has none
  std::int64_t clock = -1;                // what its monotonic clock says; in nanoseconds
  PeerVersions versions = peer_versions;
};

// Follows the greeting, where there is a secret: nothing else is listened to before. One-way.
struct PeerProofRequest {
  static constexpr ApiKey key = ApiKey::peer_proof;

  std::string proof;
};

// All from one replica's directory to another's. Of each kind a list, since the order of kinds says nothing.
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
  };
  struct Heartbeat {
    Group group;
    std::int64_t commit = 0;
    std::int64_t log_start = 0;
    std::int64_t healed = 0;
    std::int64_t sent_at = 0;
    std::int64_t quiesce = 0;                  // the number of the sender's liveness epoch; 0: not to be quiesced
    std::vector<Configuration> configuration;  // likewise
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

// Pulses of a shard, which stand in for the heartbeats of its quiesced groups, and its answers to the other's pulses
// (see Liveness). With any of them it says whether what it has told on this connection of whom it leads still holds;
// only then it is answered.
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

// Who leads what, told by the leaders themselves to every broker: at the beginning of a connection all that the shard
// leads, then what changes. One-way. The voters are there only if they do not change (any more), and the metadata does
// not say so yet. How long ago it was said, the receiver sees by its own clock: the sender returns what it last heard
// of that clock on this connection.
struct LeadersRequest {
  static constexpr ApiKey key = ApiKey::leaders;

  struct Leader {
    Uuid topic_id;
    std::int32_t partition = 0;
    std::int32_t broker_id = -1;  // the sender; -1: it leads the group no more
    std::int32_t epoch = -1;
    std::vector<std::int32_t> in_sync;  // brokers
    std::vector<PeerReplica> voters;
    std::int32_t configuration_term = -1;  // where their configuration stands
    std::int64_t configuration_version = 0;

    bool operator==(const Leader&) const = default;
  };

  std::int32_t shard = 0;   // of the sender
  bool whole = false;       // all it leads: what it has told before and is not in here is over
  std::int64_t as_of = -1;  // of the receiver's clock: a time before this was said
  std::vector<Leader> leaders;
};

// A broker tells the controller that it is there, and where. NOT_CONTROLLER: ask the one that is.
// DUPLICATE_BROKER_REGISTRATION: another directory of that broker is alive. BROKER_ID_NOT_REGISTERED: it was
// unregistered for good. UNSUPPORTED_VERSION: the cluster uses features at levels that the broker does not support.
struct RegisterBrokerRequest {
  static constexpr ApiKey key = ApiKey::register_broker;

  struct Feature {
    std::string name;
    std::int16_t min = 0;
    std::int16_t max = 0;
  };

  std::int32_t broker_id = -1;
  Uuid directory_id;
  Uuid incarnation_id;  // another one each time the broker starts
  std::string host;
  std::int32_t port = 0;
  std::string internal_host;
  std::int32_t internal_port = 0;
  std::optional<std::string> rack;
  std::vector<Feature> features;  // that it supports
};

struct RegisterBrokerResponse {
  static constexpr ApiKey key = ApiKey::register_broker;

  ErrorCode error_code = ErrorCode::none;
  // The registration is known below it, and with it all that was committed before this life of the broker began.
  std::int64_t metadata_offset = -1;
  std::string error_message = {};  // for people
};

// A registered broker tells the controller from time to time that it is alive; and, when it stops in order, first that
// it will, then, when it leads nothing any more, that it does. NOT_CONTROLLER: ask the one that is.
// BROKER_ID_NOT_REGISTERED: it is not, or with another directory. STALE_BROKER_EPOCH: what comes from a life of the
// broker that is not the one registered changes nothing.
struct BrokerHeartbeatRequest {
  static constexpr ApiKey key = ApiKey::broker_heartbeat;

  std::int32_t broker_id = -1;
  Uuid directory_id;
  Uuid incarnation_id;
  bool want_shut_down = false;  // is given no leaderships any more
  bool want_fence = false;      // is gone the next moment
};

struct BrokerHeartbeatResponse {
  static constexpr ApiKey key = ApiKey::broker_heartbeat;

  ErrorCode error_code = ErrorCode::none;
};

// A leader is asked to have the preferred replicas lead instead. Of each: NOT_LEADER_OR_FOLLOWER,
// PREFERRED_LEADER_NOT_AVAILABLE, or none: it has begun to.
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

// Part of the newest snapshot of the metadata, from the broker that leads it. SNAPSHOT_NOT_FOUND: not of that offset;
// POSITION_OUT_OF_RANGE.
struct FetchMetadataSnapshotRequest {
  static constexpr ApiKey key = ApiKey::fetch_metadata_snapshot;

  std::int64_t offset = -1;  // of the snapshot that the part is to be of; -1: of the newest
  std::int64_t position = 0;
};

struct FetchMetadataSnapshotResponse {
  static constexpr ApiKey key = ApiKey::fetch_metadata_snapshot;

  ErrorCode error_code = ErrorCode::none;
  std::int64_t offset = -1;
  std::int64_t size = 0;  // of the whole
  ByteChain part;
};

// A client's request, for the controller to answer.
struct ForwardRequest {
  static constexpr ApiKey key = ApiKey::forward;

  ByteChain frame;  // without its size
};

struct ForwardResponse {
  static constexpr ApiKey key = ApiKey::forward;

  ErrorCode error_code = ErrorCode::none;
  std::int64_t metadata_offset = -1;  // what the answer speaks of is known below it
  ByteChain frame;                    // the answer, with its size
};

}  // namespace fulmar
