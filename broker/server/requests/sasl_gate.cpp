#include "broker/server/requests/sasl_gate.h"

#include <algorithm>

#include "broker/protocol/endian.h"
#include "broker/protocol/messages/sasl.h"
#include "broker/protocol/reader.h"
#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

using Ruling = SaslGate::Ruling;
using Verdict = SaslGate::Verdict;

constexpr std::int16_t with_authenticate = 1;  // the version of SaslHandshake after which tokens are in requests

Ruling refuse(std::string reason) {
  return {.verdict = Verdict::refuse, .reason = std::move(reason)};
}

std::string name_of(std::int16_t key) {
  const auto* api = declared_api(key);
  return api ? api->name : "request " + std::to_string(key);
}

bool serves(const RequestHeader& header, ApiKey key) {
  return header.api_key == static_cast<std::int16_t>(key) && api_info(key).serves(header.api_version);
}

}  // namespace

SaslGate::SaslGate(Rules rules, MakeServer make_server, Instant connected)
    : rules_(std::move(rules)), make_server_(std::move(make_server)), begun_(connected) {}

std::optional<Instant> SaslGate::deadline() const {
  if (state_ == State::open) return std::nullopt;
  return begun_ + authentication_max;
}

Ruling SaslGate::receive(const Bytes& frame, Instant now, Timestamp wall) {
  if (state_ == State::raw_tokens) return receive_raw_token(frame.view(), now, wall);
  Reader reader(frame);
  auto header = read_request_header(reader);
  if (!header) return refuse("not a request of Kafka's protocol: " + header.error().detail);
  switch (state_) {
    case State::versions_or_handshake:
      if (header->api_key == static_cast<std::int16_t>(ApiKey::api_versions)) {
        // A client that asked in a version that is not served asks again.
        if (serves(*header, ApiKey::api_versions)) state_ = State::handshake;
        return {};
      }
      return receive_handshake(reader, *header, now);
    case State::handshake: return receive_handshake(reader, *header, now);
    case State::tokens: return receive_token(reader, *header, now, wall);
    case State::open: break;
    case State::raw_tokens: FULMAR_UNREACHABLE();
  }
  bool again = serves(*header, ApiKey::sasl_handshake) && header->api_version >= with_authenticate &&
               now - begun_ >= again_after_min;
  if (again) return receive_handshake(reader, *header, now);
  if (session_end_ && now >= *session_end_) {
    FULMAR_MARK("sasl: session has ended");
    return refuse("the session has ended, and the client has not authenticated again");
  }
  return {};
}

Ruling SaslGate::receive_handshake(Reader& reader, const RequestHeader& header, Instant now) {
  if (!serves(header, ApiKey::sasl_handshake)) {
    FULMAR_MARK("sasl: request of a stranger refused");
    return refuse(name_of(header.api_key) + " version " + std::to_string(header.api_version) +
                  " before the client has authenticated");
  }
  auto request = decode<SaslHandshakeRequest>(reader, header.api_version);
  if (!request) return refuse("a malformed SaslHandshake");
  SaslHandshakeResponse response;
  for (auto mechanism : rules_.mechanisms) response.mechanisms.emplace_back(to_string(mechanism));
  auto wanted = parse_sasl_mechanism(request->mechanism);
  bool enabled = wanted && std::ranges::find(rules_.mechanisms, *wanted) != rules_.mechanisms.end();
  // A session goes on as it began.
  bool changed = user_ && wanted != mechanism_;
  if (!enabled || changed) response.error_code = ErrorCode::unsupported_sasl_mechanism;
  auto frame = response_frame(response, header.api_version, header.correlation_id);
  if (!enabled || changed) {
    auto refused = refuse(changed ? "the mechanism changes when the client authenticates again"
                                  : "a mechanism that is not enabled");
    refused.frame = std::move(frame);
    return refused;
  }
  mechanism_ = wanted;
  server_ = make_server_(*wanted);
  if (user_) begun_ = now;
  state_ = header.api_version >= with_authenticate ? State::tokens : State::raw_tokens;
  return {.verdict = Verdict::answer,
          .frame = std::move(frame),
          .api_key = header.api_key,
          .api_version = header.api_version};
}

Ruling SaslGate::receive_token(Reader& reader, const RequestHeader& header, Instant now, Timestamp wall) {
  if (!serves(header, ApiKey::sasl_authenticate))
    return refuse(name_of(header.api_key) + " version " + std::to_string(header.api_version) +
                  " while the client authenticates");
  auto request = decode<SaslAuthenticateRequest>(reader, header.api_version);
  if (!request) return refuse("a malformed SaslAuthenticate");
  const bool again = user_.has_value();
  auto answer = take_token(request->auth_bytes.view(), now, wall);
  SaslAuthenticateResponse response;
  Ruling ruling;
  if (answer) {
    response.error_message = "";  // as Kafka has it
    response.auth_bytes = Bytes::copy_of(*answer);
    if (state_ == State::open) response.session_lifetime_ms = session_lifetime_ms_;
    ruling.verdict = Verdict::answer;
    ruling.api_key = header.api_key;
    ruling.api_version = header.api_version;
  } else {
    auto& failure = answer.error();
    response.error_code = ErrorCode::sasl_authentication_failed;
    response.error_message =
        !failure.told.empty()
            ? failure.told
            : std::string("Authentication failed during ") + (again ? "re-authentication" : "authentication") +
                  " due to invalid credentials with SASL mechanism " + std::string(to_string(*mechanism_));
    ruling = refuse(std::move(failure.reason));
    ruling.user = std::move(failure.user);
  }
  ruling.frame = response_frame(response, header.api_version, header.correlation_id);
  return ruling;
}

// After SaslHandshake version 0 tokens travel with their size and nothing else; of a failure there is no answer.
Ruling SaslGate::receive_raw_token(std::string_view token, Instant now, Timestamp wall) {
  auto answer = take_token(token, now, wall);
  if (!answer) {
    auto refused = refuse(std::move(answer.error().reason));
    refused.user = std::move(answer.error().user);
    return refused;
  }
  char size[4];
  store_big(size, static_cast<std::int32_t>(answer->size()));
  return {.verdict = Verdict::answer, .frame = ByteChain(Bytes::copy_of(std::string(size, sizeof size) + *answer))};
}

Result<std::string, SaslFailure> SaslGate::take_token(std::string_view token, Instant now, Timestamp wall) {
  FULMAR_TRY(auto answer, server_->answer(token));
  if (const auto* identity = server_->identity()) {
    FULMAR_TRY_VOID(open(*identity, now, wall));
    server_.reset();
  }
  return answer;
}

Result<void, SaslFailure> SaslGate::open(const SaslIdentity& identity, Instant now, Timestamp wall) {
  if (user_ && *user_ != identity.name) {
    auto told = "Cannot change principals during re-authentication from User." + *user_ + ": User." + identity.name;
    return std::unexpected(SaslFailure{told, told, identity.name});
  }
  if (user_) FULMAR_MARK("sasl: client has authenticated again");
  user_ = identity.name;
  begun_ = now;
  auto session_max = rules_.session_max.find(*mechanism_);
  std::optional<Duration> lifetime;
  if (session_max != rules_.session_max.end() && session_max->second > Duration::zero()) lifetime = session_max->second;
  if (identity.valid_until) {
    Duration left = milliseconds(std::max<std::int64_t>(*identity.valid_until - wall, 0));
    lifetime = lifetime ? std::min(*lifetime, left) : left;
  }
  session_end_.reset();
  session_lifetime_ms_ = 0;
  if (lifetime) {
    session_end_ = now + *lifetime;
    session_lifetime_ms_ = *lifetime / milliseconds(1);
  }
  state_ = State::open;
  return {};
}

}  // namespace fulmar
