// SaslHandshake and SaslAuthenticate: a client chooses a mechanism, then both ends send the mechanism's messages
// (KIP-43, KIP-152, KIP-368).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "runtime/base/bytes.h"

namespace fulmar {

struct SaslHandshakeRequest {
  static constexpr ApiKey key = ApiKey::sasl_handshake;

  std::string mechanism;
};

struct SaslHandshakeResponse {
  static constexpr ApiKey key = ApiKey::sasl_handshake;

  ErrorCode error_code = ErrorCode::none;
  std::vector<std::string> mechanisms;  // those that are served
};

struct SaslAuthenticateRequest {
  static constexpr ApiKey key = ApiKey::sasl_authenticate;

  Bytes auth_bytes;
};

struct SaslAuthenticateResponse {
  static constexpr ApiKey key = ApiKey::sasl_authenticate;

  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
  Bytes auth_bytes;
  // How long requests are answered before the client has to authenticate again; 0: for ever.
  std::int64_t session_lifetime_ms = 0;
};

}  // namespace fulmar
