// ClientError: why a request to a cluster failed: one of Kafka's error codes and a message.
//
// Errors of a connection get the code that Kafka's own clients give them, so that is_retriable() alone says whether to
// retry.
#pragma once

#include <string>
#include <utility>

#include "broker/protocol/error_code.h"
#include "runtime/base/result.h"

namespace fulmar {

struct ClientError {
  ErrorCode code;  // none: not an error of the cluster; see the message
  std::string detail;

  ClientError(ErrorCode c, std::string d) : code(c), detail(std::move(d)) {}
  ClientError(Error error);  // of a connection; not explicit, so that TRY converts it
};

template <class T>
using Answer = Result<T, ClientError>;

inline std::unexpected<ClientError> refuse(ErrorCode code, std::string detail) {
  return std::unexpected(ClientError(code, std::move(detail)));
}

// Whether a change that failed so may have been made, or be made yet: no answer says that it was not.
bool may_be_made(const ClientError& error);

// A change that was sent and not answered (`unanswered`) may have been made; the next try then fails with `doubtful`.
// The error of such a try says so.
ClientError with_doubt(ClientError error, bool unanswered, ErrorCode doubtful);

// "TOPIC_ALREADY_EXISTS: Topic 'orders' already exists."
std::string to_string(const ClientError& error);

}  // namespace fulmar
