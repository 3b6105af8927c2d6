#include "broker/cluster/first_users.h"

#include <map>
#include <optional>

#include "broker/cluster/properties.h"
#include "broker/security/sasl/scram.h"
#include "runtime/base/utf8.h"
#include "runtime/host/entropy.h"

namespace fulmar {

namespace {

using Values = std::map<std::string, std::string, std::less<>>;

// Takes a value up to a comma or the closing bracket, or a quoted one, from the front of `rest`; nullopt: no end.
std::optional<std::string> take_value(std::string_view& rest) {
  bool quoted = rest.starts_with('"');
  if (quoted) rest.remove_prefix(1);
  auto end = rest.find_first_of(quoted ? "\"" : ",]");
  if (end == std::string_view::npos) return std::nullopt;
  std::string value(rest.substr(0, end));
  rest.remove_prefix(quoted ? end + 1 : end);
  return value;
}

// "[name=alice,password=secret]"; nullopt: it is malformed.
std::optional<Values> parse_values(std::string_view rest) {
  if (!rest.starts_with('[')) return std::nullopt;
  Values values;
  do {
    rest.remove_prefix(1);
    auto equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    auto name = trim(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    auto value = take_value(rest);
    if (!value || !values.emplace(name, std::move(*value)).second) return std::nullopt;
  } while (rest.starts_with(','));
  if (rest != "]") return std::nullopt;
  return values;
}

Result<FirstUser> parse_user(std::string_view line) {
  auto equals = line.find('=');
  auto mechanism = parse_scram_mechanism(trim(line.substr(0, equals)));
  auto values = equals == std::string_view::npos ? std::nullopt : parse_values(trim(line.substr(equals + 1)));
  if (!mechanism || !values)
    return fail(Errc::invalid_argument, "expected SCRAM-SHA-256=[name=NAME,password=PASSWORD], or SCRAM-SHA-512");
  FirstUser user{.name = {}, .mechanism = *mechanism, .password = {}};
  for (auto& [name, value] : *values) {
    if (name == "name") {
      user.name = std::move(value);
    } else if (name == "password") {
      user.password = std::move(value);
    } else if (name == "iterations") {
      auto number = parse_integer(value);
      if (!number || *number < scram_iterations_min || *number > scram_iterations_max)
        return fail(Errc::invalid_argument, "iterations must be from 4096 to 16384");
      user.iterations = static_cast<std::int32_t>(*number);
    } else {
      return fail(Errc::invalid_argument, "a user has a name, a password and iterations, and nothing else");
    }
  }
  if (user.name.empty() || user.password.empty() || !is_utf8(user.name))
    return fail(Errc::invalid_argument, "a user has a name and a password");
  return user;
}

}  // namespace

Result<std::vector<FirstUser>> parse_first_users(std::string_view text) {
  std::vector<FirstUser> users;
  for (int number = 1; !text.empty(); ++number) {
    auto end = text.find('\n');
    auto line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    auto user = parse_user(line);
    if (!user) return fail(Errc::invalid_argument, "line " + std::to_string(number) + ": " + user.error().detail);
    users.push_back(std::move(*user));
  }
  return users;
}

std::vector<MetadataRecord> credentials_of(const std::vector<FirstUser>& users, Entropy& entropy) {
  std::vector<MetadataRecord> records;
  std::map<ScramMechanism, bool> has_nobody;
  for (const auto& [name, mechanism, password, iterations] : users) {
    auto salt = sasl_nonce(entropy);
    auto salted = salted_password(mechanism, password, salt, iterations);
    auto credential = credential_of_salted(mechanism, salted, std::move(salt), iterations);
    if (!std::exchange(has_nobody[mechanism], true))
      records.emplace_back(
          ScramCredentialRecord{std::string(scram_nobody), mechanism, nobodys_credential(credential, entropy)});
    records.emplace_back(ScramCredentialRecord{name, mechanism, std::move(credential)});
  }
  return records;
}

ScramCredential nobodys_credential(const ScramCredential& first, Entropy& entropy) {
  auto nobody = first;
  for (auto* key : {&nobody.stored_key, &nobody.server_key})
    for (std::size_t at = 0; at < key->size(); at += 8) {
      auto drawn = entropy.next();
      for (std::size_t byte = 0; byte < 8 && at + byte < key->size(); ++byte)
        (*key)[at + byte] = static_cast<char>(drawn >> (8 * byte) & 0xff);
    }
  return nobody;
}

}  // namespace fulmar
