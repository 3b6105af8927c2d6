// JsonWebKeys: the public keys of who issues tokens, from a JWKS (RFC 7517), and checking signatures with them:
// RSA for RS256, the curve P-256 for ES256 (RFC 7518). Other keys are left out. Immutable once parsed; shards share
// them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace fulmar {

class JsonWebKeys {
 public:
  JsonWebKeys();
  JsonWebKeys(JsonWebKeys&&) noexcept;
  JsonWebKeys& operator=(JsonWebKeys&&) noexcept;
  ~JsonWebKeys();

  static constexpr std::size_t text_bytes_max = 1 << 20;
  static constexpr std::size_t keys_max = 1000;

  // `text`: a JWKS. Works in slices: a cancellation point in a fiber. Errors: invalid_argument, if it is none, is
  // larger than 1 MiB, has more than 1000 keys, or none of use.
  static Result<JsonWebKeys> parse(std::string_view text);

  // Whether a key of that id, or any key if `id` is empty, has made the signature (of RFC 7518's form) of `message` by
  // the algorithm ("RS256", "ES256"); false for other algorithms.
  bool verify(std::string_view algorithm, std::string_view id, std::string_view message,
              std::string_view signature) const;
  // Whether there is a key of that id.
  bool knows(std::string_view id) const;
  std::size_t size() const;

 private:
  struct Key;
  std::vector<Key> keys_;
};

}  // namespace fulmar
