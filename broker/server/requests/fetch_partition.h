// What a fetch reads of one partition, on the shard that owns it.
#pragma once

#include <cstddef>
#include <string>

#include "broker/protocol/messages/fetch.h"
#include "broker/server/shard/fetch_session.h"

namespace fulmar {

class BrokerShard;

// One partition's part of the answer.
struct Reading {
  FetchTarget* target;
  FetchResponse::Topic::Partition out;
  Offset seen_high_watermark = -1;  // before the reading
  Offset seen_end = -1;             // up to where was read: when there is more, that is a reason to read again
  bool led_here = false;            // at the reading
  bool more = false;                // there is more, which only the next fetch can bring
  bool soon = false;                // what it is refused now is to be expected any moment

  // Whether waiting for more bytes is no use: it has something else to tell, or more than one answer takes.
  bool must_answer() const;
};

// What a request says of all its partitions.
struct FetchRules {
  bool from_replica = false;    // another broker's, or one that claims to be
  bool negative_limit = false;  // of bytes, for all
  bool committed_only = false;  // read_committed
  bool without_zstd = false;    // it is of a version whose clients can't all unpack it (KIP-110)
};
FetchRules fetch_rules(const FetchRequest& request, std::int16_t version);

// An error's part of the answer: nothing but the error is told of the partition.
FetchResponse::Topic::Partition refused_partition(std::int32_t index, ErrorCode error);

// What all the partitions of one fetch share.
struct FetchShare {
  std::string rack;  // of the consumer; empty: it does not say
  std::size_t bytes_left = 0;
  bool got_any = false;  // a first batch may be larger than what is left
  FetchRules rules = {};
};

// On the owner's shard. What it can't read, it says in the answer.
void read_partition(BrokerShard& owner, Reading& reading, FetchShare& share);

}  // namespace fulmar
