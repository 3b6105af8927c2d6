#include "broker/security/sasl/oauth_bearer.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace fulmar {

namespace {

constexpr char separator = '\1';
constexpr std::string_view header = "n,,";
constexpr std::string_view scheme = "bearer ";
constexpr std::string_view invalid_token = R"({"status":"invalid_token"})";

struct FirstMessage {
  std::string authorization;
  std::string token;
};

std::unexpected<Error> malformed(const char* what) {
  return fail(Errc::invalid_argument, what);
}

// RFC 6750's b68token.
bool is_token(std::string_view text) {
  auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._~+/=").contains(c);
  };
  return !text.empty() && std::ranges::all_of(text, allowed);
}

// RFC 7628, section 3.1: a header, then pairs of key and value. Other keys than "auth" are ignored.
Result<FirstMessage> read_first(std::string_view message) {
  FirstMessage first;
  auto header_end = message.find(separator);
  if (header_end == std::string_view::npos || !message.ends_with("\1\1")) return malformed("not of RFC 7628's form");
  auto gs2 = message.substr(0, header_end);
  if (!gs2.starts_with("n,") && !gs2.starts_with("y,")) return malformed("channel binding, or no header");
  gs2.remove_prefix(2);
  if (!gs2.ends_with(',')) return malformed("a malformed header");
  gs2.remove_suffix(1);
  if (!gs2.empty()) {
    if (!gs2.starts_with("a=") || gs2.size() == 2 || gs2.contains(',')) return malformed("a malformed authorization");
    first.authorization = gs2.substr(2);
  }
  auto rest = message.substr(header_end + 1, message.size() - header_end - 2);
  while (!rest.empty()) {
    auto end = rest.find(separator);
    if (end == std::string_view::npos) return malformed("a pair without its end");
    auto pair = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    auto equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) return malformed("a pair without a key");
    if (pair.substr(0, equals) != "auth") continue;
    auto value = pair.substr(equals + 1);
    auto same = [](char given, char lower) { return std::tolower(static_cast<unsigned char>(given)) == lower; };
    if (!first.token.empty() || value.size() <= scheme.size() ||
        !std::ranges::equal(value.substr(0, scheme.size()), scheme, same))
      return malformed("not one bearer token");
    first.token = value.substr(scheme.size());
  }
  if (!is_token(first.token)) return malformed("no token, or a malformed one");
  return first;
}

}  // namespace

Result<std::string, SaslFailure> OAuthBearerServer::answer(std::string_view message) {
  if (!refused_.empty()) return std::unexpected(SaslFailure{std::string(invalid_token), refused_});
  auto first = read_first(message);
  if (!first) return std::unexpected(SaslFailure{{}, first.error().detail});
  auto identity = check_(first->token);
  if (!identity) {
    refused_ = identity.error().detail.empty() ? "the token is not accepted" : identity.error().detail;
    return std::string(invalid_token);
  }
  if (!first->authorization.empty() && first->authorization != identity->name) {
    std::string told = "Authentication failed: Client requested an authorization id that is different from the token's";
    return std::unexpected(SaslFailure{told, told});
  }
  identity_ = std::move(*identity);
  return std::string();
}

Result<std::string> OAuthBearerClient::respond(std::string_view answer) {
  if (!std::exchange(sent_, true)) {
    if (!is_token(token_)) return fail(Errc::invalid_argument, "the token has characters that no token has");
    return std::string(header) + separator + "auth=Bearer " + token_ + separator + separator;
  }
  // What is wrong with the token; the server waits for this before it fails the exchange.
  if (!answer.empty()) return std::string(1, separator);
  complete_ = true;
  return std::string();
}

}  // namespace fulmar
