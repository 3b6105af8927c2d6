// The two ends of an authentication exchange (RFC 4422), whatever the mechanism: messages in, messages out, and nothing
// of how they travel.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

// Whom an exchange has authenticated.
struct SaslIdentity {
  std::string name;
  std::optional<Timestamp> valid_until = {};  // by the wall clock: the end of the client's token; nullopt: no end
};

// Why an exchange failed.
struct SaslFailure {
  // What the client may be told; empty: only that its credentials are invalid.
  std::string told;
  // For the log. Has nothing of passwords, proofs or tokens in it.
  std::string reason;
  // As whom the client wanted to authenticate, as far as it has said so.
  std::string user = {};
};

// The server's end.
class SaslServer {
 public:
  virtual ~SaslServer() = default;

  // Takes the client's next message and returns the answer to it, which may be empty. Not to be called after a failure
  // or once complete. The message comes from a stranger: it may be anything.
  virtual Result<std::string, SaslFailure> answer(std::string_view message) = 0;
  // Whom it has authenticated; null: it goes on. What answer() returned last has still to be sent.
  virtual const SaslIdentity* identity() const = 0;
};

// The client's end.
class SaslClient {
 public:
  virtual ~SaslClient() = default;

  // Takes the server's answer to the last message (at first: nothing) and returns the next message; once complete, that
  // is empty and not to be sent. Errors: invalid_argument, if the answer violates the protocol or does not prove what
  // it has to. Not to be called after an error or once complete.
  virtual Result<std::string> respond(std::string_view answer) = 0;
  // The server has accepted, and has proved itself if the mechanism asks that of it.
  virtual bool complete() const = 0;
};

}  // namespace fulmar
