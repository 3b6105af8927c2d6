// A stranger's whole connection to a listener with SASL: frames, one after the other, and time that passes between
// them. Nothing but ApiVersions, once, passes before somebody has authenticated, and nobody does without the password.
// The input: for each frame a byte of seconds, two of its size, and its bytes.
#include <cstdlib>
#include <string>
#include <string_view>

#include "broker/protocol/reader.h"
#include "broker/security/sasl/oauth_bearer.h"
#include "broker/security/sasl/plain.h"
#include "broker/security/sasl/scram.h"
#include "broker/server/requests/sasl_gate.h"

namespace {

using namespace fulmar;

void require(bool holds) {
  if (!holds) std::abort();
}

// Each knows alice, whose password no input has.
std::unique_ptr<SaslServer> server_of(SaslMechanism mechanism, const PlainUsers& users) {
  if (mechanism == SaslMechanism::plain) return std::make_unique<PlainServer>(users);
  if (mechanism == SaslMechanism::oauthbearer)
    return std::make_unique<OAuthBearerServer>(
        [](std::string_view) -> Result<SaslIdentity> { return fail(Errc::invalid_argument, "none is accepted"); });
  auto lookup = [](std::string_view user) {
    ScramCredential credential{
        .salt = "salt", .stored_key = std::string(32, 's'), .server_key = std::string(32, 'k'), .iterations = 4096};
    return FoundCredential{std::move(credential), user == "alice"};
  };
  return std::make_unique<ScramServer>(ScramMechanism::sha_256, lookup, "server");
}

// Which version of ApiVersions a frame asks for; -1: it is something else.
int versions_of(const Bytes& frame) {
  Reader reader(frame);
  auto header = read_request_header(reader);
  bool asks = header && header->api_key == static_cast<std::int16_t>(ApiKey::api_versions);
  return asks ? static_cast<std::uint16_t>(header->api_version) : -1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  constexpr std::size_t head_bytes = 3;
  std::string_view input(data, size);
  PlainUsers users;
  users.add("alice", "a password that is not among the kept inputs");
  Instant now{seconds(100).count()};
  SaslGate gate(
      {{SaslMechanism::plain, SaslMechanism::scram_sha_256, SaslMechanism::oauthbearer},
       {{SaslMechanism::plain, seconds(60)}}},
      [&](SaslMechanism mechanism) { return server_of(mechanism, users); }, now);
  bool versions_served = false;
  while (input.size() >= head_bytes) {
    auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(input[at])); };
    now = now + seconds(static_cast<std::int64_t>(byte(0)));
    auto length = std::min(byte(1) << 8 | byte(2), input.size() - head_bytes);
    auto frame = Bytes::copy_of(input.substr(head_bytes, length));
    input.remove_prefix(head_bytes + length);
    auto ruling = gate.receive(frame, now, 1'000'000);
    require(gate.user() == nullptr && gate.deadline().has_value());
    if (ruling.verdict == SaslGate::Verdict::refuse) return 0;
    const auto versions = versions_of(frame);
    if (ruling.verdict == SaslGate::Verdict::answer) {
      require(ruling.frame.has_value() && versions < 0);
      continue;
    }
    require(versions >= 0 && !versions_served);
    versions_served = versions <= api_info(ApiKey::api_versions).max;
  }
  return 0;
}
