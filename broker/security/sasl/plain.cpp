#include "broker/security/sasl/plain.h"

#include <algorithm>

#include "broker/security/sasl/digest.h"
#include "runtime/base/utf8.h"

namespace fulmar {

namespace {

constexpr char separator = '\0';
constexpr std::ptrdiff_t parts_counted_max = 4;  // as Kafka says how many there are
constexpr std::size_t name_bytes_max = 1024;     // no name or password is longer, and more need not be hashed
constexpr std::size_t password_bytes_max = 4096;

std::unexpected<SaslFailure> refused(const std::string& told, std::string_view name) {
  return std::unexpected(SaslFailure{told, told, std::string(name)});
}

}  // namespace

void PlainUsers::add(std::string name, std::string_view password) {
  hashes_.insert_or_assign(std::move(name), hash_of(Digest::sha_256, password));
}

bool PlainUsers::has(std::string_view name, std::string_view password) const {
  const std::string of_nobody(digest_bytes(Digest::sha_256), '\0');
  auto found = hashes_.find(name);
  const auto& right = found == hashes_.end() ? of_nobody : found->second;
  bool equal = equal_in_constant_time(hash_of(Digest::sha_256, password), right);
  return equal && found != hashes_.end();
}

Result<std::string, SaslFailure> PlainServer::answer(std::string_view message) {
  auto parts = std::min<std::ptrdiff_t>(std::ranges::count(message, separator) + 1, parts_counted_max);
  if (parts != 3) return refused("Invalid SASL/PLAIN response: expected 3 tokens, got " + std::to_string(parts), {});
  auto first = message.find(separator);
  auto second = message.find(separator, first + 1);
  auto authorization = message.substr(0, first);
  auto name = message.substr(first + 1, second - first - 1);
  auto password = message.substr(second + 1);
  if (name.empty()) return refused("Authentication failed: username not specified", name);
  if (password.empty()) return refused("Authentication failed: password not specified", name);
  bool possible = name.size() <= name_bytes_max && password.size() <= password_bytes_max && is_utf8(name);
  if (!possible || !users_.has(name, password))
    return refused("Authentication failed: Invalid username or password", possible ? name : "");
  if (!authorization.empty() && authorization != name)
    return refused("Authentication failed: Client requested an authorization id that is different from username", name);
  identity_ = SaslIdentity{.name = std::string(name), .valid_until = {}};
  return std::string();
}

Result<std::string> PlainClient::respond(std::string_view answer) {
  if (std::exchange(sent_, true)) {
    if (!answer.empty()) return fail(Errc::invalid_argument, "the server answers PLAIN with a message");
    complete_ = true;
    return std::string();
  }
  for (const auto& [what, text] : {std::pair{"user name", &name_}, {"password", &password_}})
    if (text->empty() || text->find(separator) != std::string::npos)
      return fail(Errc::invalid_argument, std::string("the ") + what + " is empty or holds a zero byte");
  return separator + name_ + separator + password_;
}

}  // namespace fulmar
