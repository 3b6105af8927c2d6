// What a stranger sends to authenticate: no message is read out of bounds or taken for a proof, and what is read is
// written as it was. The first byte says which kind it is.
#include <cstdlib>
#include <string>
#include <string_view>

#include "broker/security/sasl/jaas.h"
#include "broker/security/sasl/json_web_token.h"
#include "broker/security/sasl/oauth_bearer.h"
#include "broker/security/sasl/plain.h"
#include "broker/security/sasl/scram.h"

namespace {

using namespace fulmar;

void require(bool holds) {
  if (!holds) std::abort();
}

// No bytes authenticate who does not know the password: the fuzzer can't know it.
void try_plain(std::string_view message) {
  PlainUsers users;
  users.add("alice", "a password that is not among the kept inputs");
  PlainServer server(users);
  require(!server.answer(message) && server.identity() == nullptr);
}

// The input holds both messages of a client, separated by a line feed.
void try_scram(std::string_view messages) {
  auto end = messages.find('\n');
  auto lookup = [](std::string_view user) {
    ScramCredential credential{
        .salt = "salt", .stored_key = std::string(32, 's'), .server_key = std::string(32, 'k'), .iterations = 4096};
    return FoundCredential{std::move(credential), user == "alice"};
  };
  ScramServer server(ScramMechanism::sha_256, lookup, "server");
  auto first = server.answer(messages.substr(0, end));
  if (!first) return;
  require(read_server_first(*first).has_value());
  if (end == std::string_view::npos) return;
  require(!server.answer(messages.substr(end + 1)) && server.identity() == nullptr);
}

void try_scram_client(std::string_view answer) {
  if (auto first = read_server_first(answer)) require(first->iterations >= 1);
  static_cast<void>(read_server_final(answer));
}

// A server that does not know the password convinces no client.
void try_server_final(std::string_view answer) {
  static const auto waiting = [] {
    ScramClient client(ScramMechanism::sha_512, "alice", "a password that is not among the kept inputs", "client");
    require(client.respond("").has_value() && client.respond("r=clientserver,s=c2FsdA==,i=4096").has_value());
    return client;
  }();
  auto client = waiting;
  require(!client.respond(answer) && !client.complete());
}

void try_bearer(std::string_view message) {
  OAuthBearerServer server([](std::string_view token) -> Result<SaslIdentity> {
    require(!token.empty());
    return fail(Errc::invalid_argument, "none is accepted");
  });
  static_cast<void>(server.answer(message));
  require(server.identity() == nullptr);
}

// A key that has signed nothing.
const JsonWebKeys& keys() {
  static const auto parsed =
      JsonWebKeys::parse(R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                         R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  return *parsed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view input(data + 1, size - 1);
  switch (data[0]) {
    case 'p': try_plain(input); break;
    case 's': try_scram(input); break;
    case 'c': try_scram_client(input); break;
    case 'e': try_server_final(input); break;
    case 'o': try_bearer(input); break;
    case 't': static_cast<void>(check_token(input, keys(), {}, 0)); break;
    case 'k': static_cast<void>(JsonWebKeys::parse(input)); break;
    case 'j': static_cast<void>(parse_jaas(input)); break;
    default: break;
  }
  return 0;
}
