// ClientError: why a cluster did not do what it was asked: one of Kafka's error codes, and words for people.
//
// What a connection meets has such a code too, the one that Kafka's own clients give it, so that one test
// (is_retriable) says whether another try is worth it.
#pragma once

#include <string>
#include <utility>

#include "broker/protocol/error_code.h"
#include "runtime/base/result.h"

namespace fulmar {

struct ClientError {
  ErrorCode code;  // none: it was not the cluster, the words say all
  std::string detail;

  ClientError(ErrorCode c, std::string d) : code(c), detail(std::move(d)) {}
  ClientError(Error error);  // of a connection; not explicit, so that TRY hands it on
};

template <class T>
using Answer = Result<T, ClientError>;

inline std::unexpected<ClientError> refuse(ErrorCode code, std::string detail) {
  return std::unexpected(ClientError(code, std::move(detail)));
}

// "TOPIC_ALREADY_EXISTS: Topic 'orders' already exists."
std::string to_string(const ClientError& error);

}  // namespace fulmar
