// ScramCredential: what a server keeps of a password for SCRAM (RFC 5802, section 3): enough to check a client's proof,
// not enough to make one. And the credential that an unknown user is answered by, so that nobody learns who is known.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "broker/security/sasl/mechanism.h"

namespace fulmar {

// Kafka's bounds of iterations, of new credentials.
inline constexpr std::int32_t scram_iterations_min = 4096;
inline constexpr std::int32_t scram_iterations_max = 16384;

struct ScramCredential {
  std::string salt;
  std::string stored_key;  // H(HMAC(SaltedPassword, "Client Key"))
  std::string server_key;  // HMAC(SaltedPassword, "Server Key")
  std::int32_t iterations = 0;

  bool operator==(const ScramCredential&) const = default;
};

// RFC 5802: Hi(password, salt, iterations). The password is not normalised (SASLprep), as Kafka and its clients don't.
// A cancellation point.
std::string salted_password(ScramMechanism mechanism, std::string_view password, std::string_view salt,
                            std::int32_t iterations);
// The same, kept until another is asked for: a client's connections after the first need not take that time (RFC 5802,
// section 3). One thread's.
class SaltedPasswords {
 public:
  // A cancellation point.
  std::string of(ScramMechanism mechanism, std::string_view password, std::string_view salt, std::int32_t iterations);

 private:
  struct Made {
    ScramMechanism mechanism;
    std::string password;
    std::string salt;
    std::int32_t iterations;
    std::string salted;
  };
  std::optional<Made> last_;
};

// `salted`: as salted_password() returns it.
ScramCredential credential_of_salted(ScramMechanism mechanism, std::string_view salted, std::string salt,
                                     std::int32_t iterations);

// What a server finds of a user.
struct FoundCredential {
  ScramCredential credential;
  bool known = false;  // false: there is no such user, and the credential is made up
};
using ScramLookup = std::function<FoundCredential(std::string_view user)>;

// Made up for a user that there is not: always the same for the same user and `model`, which has to be secret. It has
// the iterations of `model`, and a salt of the same size and kind of characters. Takes time for known users as well, if
// callers make it in either case.
ScramCredential made_up_credential(ScramMechanism mechanism, std::string_view user, const ScramCredential& model);

}  // namespace fulmar
