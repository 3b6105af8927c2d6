// NewPartitions: what a client made by CreateTopics or CreatePartitions is of use to it only once it is led. So the
// answer waits until every new partition has a leader that this broker knows of, or, at the request's timeout, says
// REQUEST_TIMED_OUT of the topics for which that has not come; they stay made, as on Kafka.
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
  // Before the request is begun, of CreateTopicsRequest or CreatePartitionsRequest. Nullopt if it makes no partitions,
  // or can't be read, which its handler will say.
  template <class Body>
  static std::optional<NewPartitions> asked_for(const BrokerShard& shard, const Request& call);
  // The rest of the request's work: that of the controller, then the wait.
  Finish once_led(BrokerShard& shard, Finish finish) &&;

 private:
  template <class Response, class Results>
  ByteChain wait(BrokerShard& shard, ByteChain answer, Results Response::* results) const;

  ApiKey key_{};
  std::int16_t version_ = 0;
  std::int32_t correlation_id_ = 0;
  Instant deadline_;
  std::map<std::string, std::int32_t> first_;  // by topic: the partitions it has already
};

}  // namespace fulmar
