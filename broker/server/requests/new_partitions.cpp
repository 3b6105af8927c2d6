#include "broker/server/requests/new_partitions.h"
#include "broker/server/requests/errors_in.h"

#include <algorithm>

#include "broker/protocol/messages/topics.h"
#include "broker/protocol/reader.h"
#include "broker/server/requests/request.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/assert.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t size_bytes = 4;  // the size at the beginning of a frame
// The longest wait on another shard at a time, so that a closed connection is not waited for.
constexpr Duration turn_max = milliseconds(100);

// Runs `wait(shard, deadline)` on that shard until it returns true, or `deadline`. Returns whether it was true.
template <class F>
bool wait_on(unsigned where, BrokerShard& shard, Instant deadline, const F& wait) {
  auto& clock = shard.host().clock();
  for (;;) {
    auto until = std::min(deadline, clock.now() + turn_max);
    bool done = shard.on(where, [&](BrokerShard& there) { return wait(there, Deadline{until}); });
    if (done || clock.now() >= deadline) return done;
  }
}

// Whether every shard shows the change. Before that this broker does not know the topic.
bool all_shown(BrokerShard& shard, Instant deadline) {
  return wait_on(0, shard, deadline, [](BrokerShard& first, Deadline until) {
    return first.broker().metadata->wait_all_published(until) == WaitResult::woken;
  });
}

// Asked on the last shard: announcements reach the shards in order, so the others have them too.
bool all_led(BrokerShard& shard, const std::string& topic, std::int32_t first, Instant deadline) {
  return wait_on(shard.host().shard_count() - 1, shard, deadline,
                 [&](BrokerShard& last, Deadline until) { return last.await_leaders(topic, first, until); });
}

}  // namespace

template <class Body>
std::optional<NewPartitions> NewPartitions::asked_for(const BrokerShard& shard, const Request& call) {
  auto body = call.body<Body>();
  if (!body || body->validate_only) return std::nullopt;
  NewPartitions asked;
  asked.key_ = Body::key;
  asked.version_ = call.version();
  asked.correlation_id_ = call.header().correlation_id;
  asked.deadline_ = shard.now() + milliseconds(std::max(body->timeout_ms, 0));
  for (const auto& topic : body->topics) {
    const auto* there = shard.image()->topic(topic.name);
    asked.first_.emplace(topic.name, there ? there->partition_count() : 0);
  }
  return asked;
}

template std::optional<NewPartitions> NewPartitions::asked_for<CreateTopicsRequest>(const BrokerShard&, const Request&);
template std::optional<NewPartitions> NewPartitions::asked_for<CreatePartitionsRequest>(const BrokerShard&,
                                                                                        const Request&);

template <class Response, class Results>
ByteChain NewPartitions::wait(BrokerShard& shard, ByteChain answer, Results Response::* results) const {
  Reader reader(answer.flatten().slice(size_bytes));
  read_response_header(reader, key_, version_);
  auto response = decode<Response>(reader, version_);
  FULMAR_ASSERT(response);
  bool late = false;
  std::optional<bool> shown;
  for (auto& result : (*response).*results) {
    auto first = first_.find(result.name);
    if (result.error_code != ErrorCode::none || first == first_.end()) continue;
    if (!shown) shown = all_shown(shard, deadline_);
    if (*shown && all_led(shard, result.name, first->second, deadline_)) continue;
    result.error_code = ErrorCode::request_timed_out;
    result.error_message = "It is made; not all of its partitions are led yet.";
    late = true;
  }
  if (!late) return answer;
  count_errors(shard.counts().apis, *response);
  return response_frame(*response, version_, correlation_id_);
}

Finish NewPartitions::once_led(BrokerShard& shard, Finish finish) && {
  return [&shard, asked = std::move(*this), finish = std::move(finish)]() mutable {
    auto answer = finish();
    return asked.key_ == ApiKey::create_topics
               ? asked.wait<CreateTopicsResponse>(shard, std::move(answer), &CreateTopicsResponse::topics)
               : asked.wait<CreatePartitionsResponse>(shard, std::move(answer), &CreatePartitionsResponse::results);
  };
}

}  // namespace fulmar
