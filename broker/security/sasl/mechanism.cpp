#include "broker/security/sasl/mechanism.h"

#include <algorithm>
#include <array>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 4> names{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"};

}  // namespace

std::string_view to_string(SaslMechanism mechanism) {
  return names[static_cast<std::size_t>(mechanism)];
}

std::optional<SaslMechanism> parse_sasl_mechanism(std::string_view name) {
  const auto* found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<SaslMechanism>(found - names.begin());
}

Digest digest_of(ScramMechanism mechanism) {
  FULMAR_ASSERT(mechanism == ScramMechanism::sha_256 || mechanism == ScramMechanism::sha_512);
  return mechanism == ScramMechanism::sha_256 ? Digest::sha_256 : Digest::sha_512;
}

std::string_view to_string(ScramMechanism mechanism) {
  switch (mechanism) {
    case ScramMechanism::sha_256: return to_string(SaslMechanism::scram_sha_256);
    case ScramMechanism::sha_512: return to_string(SaslMechanism::scram_sha_512);
    case ScramMechanism::unknown: break;
  }
  return "UNKNOWN";
}

std::optional<ScramMechanism> as_scram(SaslMechanism mechanism) {
  if (mechanism == SaslMechanism::scram_sha_256) return ScramMechanism::sha_256;
  if (mechanism == SaslMechanism::scram_sha_512) return ScramMechanism::sha_512;
  return std::nullopt;
}

std::optional<ScramMechanism> parse_scram_mechanism(std::string_view name) {
  auto mechanism = parse_sasl_mechanism(name);
  return mechanism ? as_scram(*mechanism) : std::nullopt;
}

}  // namespace fulmar
