// Reads one partition for a fetch, on the shard that owns it.
#pragma once

#include <cstddef>
#include <string>

#include "broker/protocol/messages/fetch.h"
#include "broker/server/shard/fetch_session.h"

namespace fulmar {

class BrokerShard;

// One partition's part of the response.
struct Reading {
  FetchTarget* target;
  FetchResponse::Topic::Partition out;
  Offset seen_high_watermark = -1;  // before the read
  Offset seen_end = -1;             // up to which it could read: a change is a reason to read again
  bool led_here = false;            // when it was read
  bool more = false;                // there is more, which only the next fetch can return
  bool soon = false;                // the reason for the refusal should pass any moment

  // Whether to answer without waiting for more bytes: there is other news, or more data than one response takes.
  bool must_answer() const;
};

// Properties of a request that apply to all its partitions.
struct FetchRules {
  bool from_replica = false;    // the client claims to be a broker
  bool negative_limit = false;  // one of the request's byte limits is negative
  bool committed_only = false;  // read_committed
  bool without_zstd = false;    // its version is older than zstd (KIP-110)
};
FetchRules fetch_rules(const FetchRequest& request, std::int16_t version);

// A partition's part of the response that has only an error.
FetchResponse::Topic::Partition refused_partition(std::int32_t index, ErrorCode error);

// What the partitions of one fetch share.
struct FetchShare {
  std::string rack;  // of the consumer; empty: unknown
  std::size_t bytes_left = 0;
  bool got_any = false;  // only the first batch may exceed bytes_left
  FetchRules rules = {};
};

// On the owner's shard. Errors go into the response.
void read_partition(BrokerShard& owner, Reading& reading, FetchShare& share);

}  // namespace fulmar
