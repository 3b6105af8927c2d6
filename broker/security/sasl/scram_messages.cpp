#include "broker/security/sasl/scram_messages.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "runtime/base/base64.h"
#include "runtime/base/utf8.h"

namespace fulmar {

namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(Errc::invalid_argument, std::move(what));
}

Result<void> check_text(std::string_view message) {
  if (message.size() > scram_message_bytes_max) return malformed("a SCRAM message that is too long");
  if (message.find('\0') != std::string_view::npos) return malformed("a SCRAM message with a zero byte");
  if (!is_utf8(message)) return malformed("a SCRAM message that is not UTF-8");
  return {};
}

// Takes "x=value," or, at the end, "x=value" from the front of `rest`; nullopt if another attribute, or none, is there.
std::optional<std::string_view> take(std::string_view& rest, char attribute) {
  if (rest.size() < 2 || rest[0] != attribute || rest[1] != '=') return std::nullopt;
  auto comma = rest.find(',');
  auto value = rest.substr(2, comma == std::string_view::npos ? comma : comma - 2);
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  return value;
}

// RFC 5802: "," and "=" in names are written "=2C" and "=3D". nullopt: there is another "=".
std::optional<std::string> unescaped(std::string_view name) {
  std::string text;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name[at] != '=') {
      text += name[at];
      continue;
    }
    auto code = name.substr(at + 1, 2);
    if (code != "2C" && code != "3D") return std::nullopt;
    text += code == "2C" ? ',' : '=';
    at += 2;
  }
  return text;
}

std::string escaped(std::string_view name) {
  std::string text;
  for (char c : name) {
    if (c == ',')
      text += "=2C";
    else if (c == '=')
      text += "=3D";
    else
      text += c;
  }
  return text;
}

bool is_nonce(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

// Extensions: each a letter, "=" and a value.
bool are_extensions(std::string_view rest) {
  while (!rest.empty()) {
    auto letter = rest[0];
    bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    if (!is_letter || !take(rest, letter)) return false;
  }
  return true;
}

constexpr std::string_view mandatory_extension = "m=";

}  // namespace

Result<ScramClientFirst> read_client_first(std::string_view message) {
  FULMAR_TRY_VOID(check_text(message));
  // gs2-header: a flag of channel binding, an authorization identity or nothing, each with a comma.
  auto flag_end = message.find(',');
  auto header_end = flag_end == std::string_view::npos ? flag_end : message.find(',', flag_end + 1);
  if (header_end == std::string_view::npos) return malformed("a first message without its header");
  auto flag = message.substr(0, flag_end);
  if (flag.starts_with("p=")) return malformed("channel binding, which is not served");
  if (flag != "n" && flag != "y") return malformed("an unknown flag of channel binding");
  ScramClientFirst first;
  auto authorization = message.substr(flag_end + 1, header_end - flag_end - 1);
  if (!authorization.empty()) {
    auto name = authorization.starts_with("a=") ? unescaped(authorization.substr(2)) : std::nullopt;
    if (!name || name->empty()) return malformed("a malformed authorization identity");
    first.authorization = std::move(*name);
  }
  first.gs2_header = message.substr(0, header_end + 1);
  first.bare = message.substr(header_end + 1);
  std::string_view rest = first.bare;
  if (rest.starts_with(mandatory_extension)) return malformed("a mandatory extension, which is not known");
  auto name = take(rest, 'n');
  auto user = name ? unescaped(*name) : std::nullopt;
  if (!user || user->empty()) return malformed("no user name, or a malformed one");
  first.user = std::move(*user);
  auto nonce = take(rest, 'r');
  if (!nonce || !is_nonce(*nonce)) return malformed("no nonce, or a malformed one");
  first.nonce = *nonce;
  if (!are_extensions(rest)) return malformed("malformed extensions");
  return first;
}

Result<ScramServerFirst> read_server_first(std::string_view message) {
  FULMAR_TRY_VOID(check_text(message));
  auto rest = message;
  if (rest.starts_with(mandatory_extension)) return malformed("a mandatory extension, which is not known");
  ScramServerFirst first;
  auto nonce = take(rest, 'r');
  if (!nonce || !is_nonce(*nonce)) return malformed("no nonce, or a malformed one");
  first.nonce = *nonce;
  auto salt = take(rest, 's');
  auto bytes = salt ? from_base64(*salt) : std::nullopt;
  if (!bytes) return malformed("no salt, or a malformed one");
  first.salt = std::move(*bytes);
  auto iterations = take(rest, 'i');
  if (!iterations) return malformed("no number of iterations");
  const auto* end = iterations->data() + iterations->size();
  auto [stopped, error] = std::from_chars(iterations->data(), end, first.iterations);
  if (error != std::errc() || stopped != end || first.iterations < 1)
    return malformed("a malformed number of iterations");
  if (!are_extensions(rest)) return malformed("malformed extensions");
  return first;
}

Result<ScramClientFinal> read_client_final(std::string_view message) {
  FULMAR_TRY_VOID(check_text(message));
  auto rest = message;
  ScramClientFinal final;
  auto binding = take(rest, 'c');
  auto bound = binding ? from_base64(*binding) : std::nullopt;
  if (!bound) return malformed("no channel binding, or a malformed one");
  final.channel_binding = std::move(*bound);
  auto nonce = take(rest, 'r');
  if (!nonce || !is_nonce(*nonce)) return malformed("no nonce, or a malformed one");
  final.nonce = *nonce;
  // The proof is last; extensions stand before it.
  auto last = message.rfind(",p=");
  auto begin_of_rest = message.size() - rest.size();
  if (last == std::string_view::npos || last + 1 < begin_of_rest) return malformed("no proof");
  if (last >= begin_of_rest && !are_extensions(message.substr(begin_of_rest, last - begin_of_rest)))
    return malformed("malformed extensions");
  auto proof = message.substr(last + 3);
  auto proof_bytes = from_base64(proof);
  if (!proof_bytes) return malformed("a malformed proof");
  final.proof = std::move(*proof_bytes);
  final.without_proof = message.substr(0, last);
  return final;
}

Result<std::string> read_server_final(std::string_view message) {
  FULMAR_TRY_VOID(check_text(message));
  auto rest = message;
  if (auto error = take(rest, 'e')) return malformed("the server refuses: " + std::string(*error));
  auto verifier = take(rest, 'v');
  auto signature = verifier ? from_base64(*verifier) : std::nullopt;
  if (!signature || !are_extensions(rest)) return malformed("no signature of the server, or a malformed one");
  return std::move(*signature);
}

std::string write_client_first_bare(std::string_view user, std::string_view nonce) {
  return "n=" + escaped(user) + ",r=" + std::string(nonce);
}

std::string write_server_first(const ScramServerFirst& message) {
  return "r=" + message.nonce + ",s=" + to_base64(message.salt) + ",i=" + std::to_string(message.iterations);
}

std::string write_client_final_without_proof(std::string_view gs2_header, std::string_view nonce) {
  return "c=" + to_base64(gs2_header) + ",r=" + std::string(nonce);
}

}  // namespace fulmar
