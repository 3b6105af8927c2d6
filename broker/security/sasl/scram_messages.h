// The four messages of SCRAM (RFC 5802, section 7), read and written. What is read comes from a stranger.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace fulmar {

// No longer message is read: far more than names and nonces need.
inline constexpr std::size_t scram_message_bytes_max = 8192;

struct ScramClientFirst {
  std::string gs2_header;     // "n,," or "y,a=alice,": repeated in the client's last message
  std::string authorization;  // empty: as whom it authenticates
  std::string user;
  std::string nonce;
  std::string bare;  // the message without the header
};

struct ScramServerFirst {
  std::string nonce;  // the client's, and the server's after it
  std::string salt;
  std::int32_t iterations = 0;
};

struct ScramClientFinal {
  std::string channel_binding;
  std::string nonce;
  std::string proof;
  std::string without_proof;
};

// Errors of all: invalid_argument, with what is wrong; the message itself is not quoted.
// Also, here: the client wants channel binding, which is not served, or an extension that it declares mandatory. Other
// extensions are ignored, as Kafka does.
Result<ScramClientFirst> read_client_first(std::string_view message);
Result<ScramServerFirst> read_server_first(std::string_view message);
Result<ScramClientFinal> read_client_final(std::string_view message);
// The server's signature. Also, here: the message is the server's "e=" and what it says.
Result<std::string> read_server_final(std::string_view message);

// Without channel binding, authorization and extensions; `user`: any text.
std::string write_client_first_bare(std::string_view user, std::string_view nonce);
std::string write_server_first(const ScramServerFirst& message);
std::string write_client_final_without_proof(std::string_view gs2_header, std::string_view nonce);

}  // namespace fulmar
