// Plays an authentication exchange between a client and a server.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "broker/security/sasl/exchange.h"

namespace fulmar::test {

struct Exchange {
  std::vector<std::string> messages;  // of both ends in turn, the client's first
  bool client_complete = false;
  std::string client_error;
  std::optional<SaslIdentity> identity;
  std::optional<SaslFailure> failure;

  bool succeeded() const { return client_complete && identity.has_value(); }
};

// `change`: may alter each message, by its number from 0, before it arrives.
inline Exchange exchange(SaslClient& client, SaslServer& server,
                         const std::function<void(std::size_t, std::string&)>& change = {}) {
  Exchange played;
  auto arrives = [&](std::string message) {
    if (change) change(played.messages.size(), message);
    played.messages.push_back(message);
    return message;
  };
  std::string answer;
  for (int turn = 0; turn < 4; ++turn) {
    auto message = client.respond(answer);
    if (!message) {
      played.client_error = message.error().detail;
      break;
    }
    if (client.complete()) {
      played.client_complete = true;
      break;
    }
    auto answered = server.answer(arrives(std::move(*message)));
    if (!answered) {
      played.failure = answered.error();
      break;
    }
    answer = arrives(std::move(*answered));
    if (server.identity()) played.identity = *server.identity();
  }
  return played;
}

}  // namespace fulmar::test
