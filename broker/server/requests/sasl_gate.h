// SaslGate: what a connection of a listener with SASL lets through: until its client has authenticated, nothing but
// that, and ApiVersions once before it (KIP-43, KIP-152); and nothing any more once the session has ended, unless the
// client authenticates again (KIP-368).
//
// It knows bytes and times only: the connection reads frames, writes what the gate answers, and closes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/message.h"
#include "broker/security/sasl/exchange.h"
#include "broker/security/sasl/mechanism.h"
#include "runtime/base/bytes.h"
#include "runtime/base/time.h"

namespace fulmar {

class SaslGate {
 public:
  // A client has to have authenticated by then after it connected, or after it began to authenticate again.
  static constexpr Duration authentication_max = seconds(30);
  // More often than so a client may not authenticate again, as in Kafka.
  static constexpr Duration again_after_min = seconds(1);

  struct Rules {
    std::vector<SaslMechanism> mechanisms;
    std::map<SaslMechanism, Duration> session_max;  // zero: for ever
  };
  // Makes the server's end of an exchange.
  using MakeServer = std::function<std::unique_ptr<SaslServer>(SaslMechanism)>;

  SaslGate(Rules rules, MakeServer make_server, Instant connected);

  enum class Verdict : std::uint8_t {
    pass,    // a request that the broker serves
    answer,  // `frame` is the answer
    refuse,  // authentication has failed: `frame`, if there is one, is the answer; then the connection is to be closed
  };
  struct Ruling {
    Verdict verdict = Verdict::pass;
    std::optional<ByteChain> frame = {};
    std::int16_t api_key = -1;  // of what is answered; -1: of no request
    std::int16_t api_version = 0;
    std::string reason = {};  // of a refusal, for the log
    std::string user = {};    // as whom the client wanted to authenticate, if it is known
  };
  // A frame that has arrived, without its size. Not to be called after a refusal.
  Ruling receive(const Bytes& frame, Instant now, Timestamp wall);

  // What a frame may be now, in bytes. A refused connection reads no more.
  bool takes_tokens() const { return state_ == State::raw_tokens; }  // of any size, without a header
  // When the connection is to be closed unless the client has authenticated until then; nullopt: it has.
  std::optional<Instant> deadline() const;
  // Whom the client has authenticated as; null: nobody yet.
  const std::string* user() const { return user_ ? &*user_ : nullptr; }
  std::optional<SaslMechanism> mechanism() const { return mechanism_; }
  // When the session ends; nullopt: never, or there is none yet.
  std::optional<Instant> session_end() const { return session_end_; }

 private:
  enum class State : std::uint8_t { versions_or_handshake, handshake, tokens, raw_tokens, open };

  Ruling receive_handshake(Reader& reader, const RequestHeader& header, Instant now);
  Ruling receive_token(Reader& reader, const RequestHeader& header, Instant now, Timestamp wall);
  Ruling receive_raw_token(std::string_view token, Instant now, Timestamp wall);
  Result<std::string, SaslFailure> take_token(std::string_view token, Instant now, Timestamp wall);
  Result<void, SaslFailure> open(const SaslIdentity& identity, Instant now, Timestamp wall);

  const Rules rules_;
  MakeServer make_server_;
  State state_ = State::versions_or_handshake;
  Instant begun_;  // to authenticate
  std::unique_ptr<SaslServer> server_;
  std::optional<SaslMechanism> mechanism_;
  std::optional<std::string> user_;
  std::optional<Instant> session_end_;
  std::int64_t session_lifetime_ms_ = 0;
};

}  // namespace fulmar
