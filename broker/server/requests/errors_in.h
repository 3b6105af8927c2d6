// Finds the errors in a response: its own, and those of its parts, by the names that the protocol has for them.
#pragma once

#include "broker/protocol/error_code.h"
#include "broker/server/shard/api_counts.h"

namespace fulmar {

// Calls `see(ErrorCode)` for each error in the response, or part of one, except NONE.
template <class Part, class See>
void each_error(const Part& part, See&& see) {
  if constexpr (requires { part.error_code; })
    if (part.error_code != ErrorCode::none) see(part.error_code);
  auto in_all = [&see](const auto& parts) {
    for (const auto& one : parts) each_error(one, see);
  };
  if constexpr (requires { part.topics.begin(); }) in_all(part.topics);
  if constexpr (requires { part.partitions.begin(); }) in_all(part.partitions);
  if constexpr (requires { part.results.begin(); }) in_all(part.results);
  if constexpr (requires { part.responses.begin(); }) in_all(part.responses);
  if constexpr (requires { part.groups.begin(); }) in_all(part.groups);
  if constexpr (requires { part.members.begin(); }) in_all(part.members);
  if constexpr (requires { part.coordinators.begin(); }) in_all(part.coordinators);
  if constexpr (requires { part.transactions.begin(); }) in_all(part.transactions);
  if constexpr (requires { part.transaction_states.begin(); }) in_all(part.transaction_states);
  if constexpr (requires { part.log_dirs.begin(); }) in_all(part.log_dirs);
  if constexpr (requires { part.markers.begin(); }) in_all(part.markers);
  if constexpr (requires { part.entries.begin(); }) in_all(part.entries);
}

// Counts them for the response's API.
template <class Response>
void count_errors(ApiCounts& counts, const Response& response) {
  auto* count = counts.of(static_cast<std::int16_t>(Response::key));
  if (count) each_error(response, [count](ErrorCode error) { ++count->errors[error]; });
}

}  // namespace fulmar
