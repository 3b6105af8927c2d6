#include "broker/security/sasl/scram_credential.h"

#include <algorithm>

#include "broker/security/sasl/digest.h"

namespace fulmar {

namespace {

// Java's clients make salts of these; others, of any bytes.
constexpr std::string_view base36 = "0123456789abcdefghijklmnopqrstuvwxyz";

bool is_base36(std::string_view salt) {
  return salt.find_first_not_of(base36) == std::string_view::npos;
}

}  // namespace

std::string salted_password(ScramMechanism mechanism, std::string_view password, std::string_view salt,
                            std::int32_t iterations) {
  return pbkdf2_of(digest_of(mechanism), password, salt, iterations);
}

std::string SaltedPasswords::of(ScramMechanism mechanism, std::string_view password, std::string_view salt,
                                std::int32_t iterations) {
  if (last_ && last_->mechanism == mechanism && last_->password == password && last_->salt == salt &&
      last_->iterations == iterations)
    return last_->salted;
  auto salted = salted_password(mechanism, password, salt, iterations);
  last_ = {mechanism, std::string(password), std::string(salt), iterations, salted};
  return salted;
}

ScramCredential credential_of_salted(ScramMechanism mechanism, std::string_view salted, std::string salt,
                                     std::int32_t iterations) {
  auto digest = digest_of(mechanism);
  return {.salt = std::move(salt),
          .stored_key = hash_of(digest, hmac_of(digest, salted, "Client Key")),
          .server_key = hmac_of(digest, salted, "Server Key"),
          .iterations = iterations};
}

ScramCredential made_up_credential(ScramMechanism mechanism, std::string_view user, const ScramCredential& model) {
  auto digest = digest_of(mechanism);
  std::string salt;
  auto block = hmac_of(digest, model.server_key, user);
  while (salt.size() < model.salt.size()) {
    salt += block;
    block = hmac_of(digest, model.server_key, block);
  }
  salt.resize(model.salt.size());
  if (is_base36(model.salt))
    std::ranges::transform(salt, salt.begin(), [](char c) { return base36[static_cast<unsigned char>(c) % 36]; });
  return {.salt = std::move(salt),
          .stored_key = hash_of(digest, model.stored_key),  // as long as anybody's
          .server_key = model.server_key,
          .iterations = model.iterations};
}

}  // namespace fulmar
