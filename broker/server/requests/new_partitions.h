// NewPartitions: delays the response to CreateTopics or CreatePartitions until every new partition has a leader that
// this broker knows. At the request's timeout topics without that get REQUEST_TIMED_OUT; they stay created, as on
// Kafka.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "broker/protocol/message.h"
#include "broker/server/requests/handlers.h"
#include "runtime/base/time.h"

namespace fulmar {

class NewPartitions {
 public:
  // To be called before a CreateTopicsRequest or CreatePartitionsRequest is begun. Nullopt if it creates no partitions,
  // or can't be read, which its handler will report.
  template <class Body>
  static std::optional<NewPartitions> asked_for(const BrokerShard& shard, const Request& call);
  // The rest of the request's work: the controller's, then the wait.
  Finish once_led(BrokerShard& shard, Finish finish) &&;

 private:
  template <class Response, class Results>
  ByteChain wait(BrokerShard& shard, ByteChain answer, Results Response::* results) const;

  ApiKey key_{};
  std::int16_t version_ = 0;
  std::int32_t correlation_id_ = 0;
  Instant deadline_;
  std::map<std::string, std::int32_t> first_;  // by topic: the number of partitions before
};

}  // namespace fulmar
