// JsonWebKeys: the public keys of who issues tokens, from a JWKS file (RFC 7517), and checking signatures with them:
// RSA for RS256, the curve P-256 for ES256 (RFC 7518). Other keys of the file are left out.
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

  // `text`: a JWKS. Errors: invalid_argument, if it is none, is larger than 1 MiB, has more than 1000 keys, or none of
  // use.
  static Result<JsonWebKeys> parse(std::string_view text);

  // Whether a key of that id, or any key if `id` is empty, has made the signature (of RFC 7518's form) of `message` by
  // the algorithm ("RS256", "ES256"); false for other algorithms.
  bool verify(std::string_view algorithm, std::string_view id, std::string_view message,
              std::string_view signature) const;
  std::size_t size() const;

 private:
  struct Key;
  std::vector<Key> keys_;
};

}  // namespace fulmar
