// The hash functions that authentication uses, by libcrypto: SHA-256 and SHA-512 (FIPS 180-4), their HMAC (RFC 2104)
// and PBKDF2 (RFC 8018), and comparison in constant time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/time.h"

namespace fulmar {

enum class Digest : std::uint8_t { sha_256, sha_512 };

std::size_t digest_bytes(Digest digest);  // 32 or 64
std::string hash_of(Digest digest, std::string_view bytes);
std::string hmac_of(Digest digest, std::string_view key, std::string_view bytes);
// PBKDF2 with the digest's HMAC, of the digest's size: RFC 5802's Hi(). `iterations`: 1 or more. Works in slices: a
// cancellation point.
std::string pbkdf2_of(Digest digest, std::string_view password, std::string_view salt, std::int32_t iterations);
// For strings of the same size it takes the same time wherever they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace fulmar
