// SaslMechanism: the SASL mechanisms that are served, by the names that clients give in SaslHandshake.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "broker/security/sasl/digest.h"

namespace fulmar {

enum class SaslMechanism : std::uint8_t { plain, scram_sha_256, scram_sha_512, oauthbearer };
inline constexpr SaslMechanism sasl_mechanisms[] = {SaslMechanism::plain, SaslMechanism::scram_sha_256,
                                                    SaslMechanism::scram_sha_512, SaslMechanism::oauthbearer};

std::string_view to_string(SaslMechanism mechanism);  // "SCRAM-SHA-256"
// By exactly that name; nullopt: it is not served.
std::optional<SaslMechanism> parse_sasl_mechanism(std::string_view name);

// The mechanisms whose credentials are in the metadata, numbered as in AlterUserScramCredentials (KIP-554).
enum class ScramMechanism : std::int8_t { unknown = 0, sha_256 = 1, sha_512 = 2 };

Digest digest_of(ScramMechanism mechanism);                       // not of `unknown`
std::string_view to_string(ScramMechanism mechanism);             // "SCRAM-SHA-256"; "UNKNOWN"
std::optional<ScramMechanism> as_scram(SaslMechanism mechanism);  // nullopt: it is none
// By the name of the SASL mechanism; nullopt: it is none.
std::optional<ScramMechanism> parse_scram_mechanism(std::string_view name);

}  // namespace fulmar
