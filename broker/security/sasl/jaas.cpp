#include "broker/security/sasl/jaas.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace fulmar {

namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(Errc::invalid_argument, std::move(what));
}

bool is_word(char c) {
  auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= 0x80 || std::string_view("-_$.").contains(c);
}

// The tokens as Java's StreamTokenizer reads them: words, quoted strings, and single characters.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}

  // Errors: a comment or a string without its end.
  Result<void> skip_space() {
    for (;;) {
      while (!rest_.empty() && static_cast<unsigned char>(rest_.front()) <= ' ') rest_.remove_prefix(1);
      if (rest_.starts_with("//")) {
        rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
      } else if (rest_.starts_with("/*")) {
        auto end = rest_.find("*/", 2);
        if (end == std::string_view::npos) return malformed("a comment without its end");
        rest_.remove_prefix(end + 2);
      } else {
        return {};
      }
    }
  }

  bool at_end() const { return rest_.empty(); }
  // Takes it if it is next.
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // A word or a quoted string. Errors: `what` is not there.
  Result<std::string> text(const std::string& what) {
    if (rest_.empty()) return malformed(what + " is missing");
    if (rest_.front() == '"' || rest_.front() == '\'') return quoted();
    auto end = std::ranges::find_if_not(rest_, is_word) - rest_.begin();
    if (end == 0) return malformed(what + " is missing");
    std::string word(rest_.substr(0, static_cast<std::size_t>(end)));
    rest_.remove_prefix(word.size());
    return word;
  }

 private:
  Result<std::string> quoted() {
    char quote = rest_.front();
    std::string value;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      char c = rest_[at];
      if (c == quote) {
        rest_.remove_prefix(at + 1);
        return value;
      }
      if (c == '\n') break;  // as for Java, a string ends with its line
      value += c == '\\' && at + 1 < rest_.size() ? escaped(++at) : c;
    }
    return malformed("a value without its closing quote");
  }

  // Of the character at `at`, after a backslash; `at` moves to the last one that belongs to it.
  char escaped(std::size_t& at) const {
    constexpr std::string_view letters = "abfnrtv";
    constexpr std::string_view meanings = "\a\b\f\n\r\t\v";
    char c = rest_[at];
    if (auto letter = letters.find(c); letter != std::string_view::npos) return meanings[letter];
    if (c < '0' || c > '7') return c;
    int octal = c - '0';
    for (int digits = 1; digits < 3 && at + 1 < rest_.size() && rest_[at + 1] >= '0' && rest_[at + 1] <= '7' &&
                         octal * 8 + (rest_[at + 1] - '0') <= 0377;
         ++digits)
      octal = octal * 8 + (rest_[++at] - '0');
    return static_cast<char>(octal);
  }

  std::string_view rest_;
};

bool is_control_flag(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text == "REQUIRED" || text == "REQUISITE" || text == "SUFFICIENT" || text == "OPTIONAL";
}

}  // namespace

Result<JaasEntry> parse_jaas(std::string_view text) {
  Tokens tokens(text);
  JaasEntry entry;
  FULMAR_TRY_VOID(tokens.skip_space());
  FULMAR_TRY(entry.module, tokens.text("the login module"));
  FULMAR_TRY_VOID(tokens.skip_space());
  FULMAR_TRY(auto flag, tokens.text("the control flag"));
  if (!is_control_flag(flag))
    return malformed("after the login module comes a control flag: required, requisite, sufficient or optional");
  for (;;) {
    FULMAR_TRY_VOID(tokens.skip_space());
    if (tokens.take(';')) break;
    FULMAR_TRY(auto key, tokens.text("the semicolon at the end, or another option,"));
    FULMAR_TRY_VOID(tokens.skip_space());
    if (!tokens.take('=')) return malformed("the option \"" + key + "\" has no value");
    FULMAR_TRY_VOID(tokens.skip_space());
    FULMAR_TRY(auto value, tokens.text("the value of the option \"" + key + "\""));
    entry.options.insert_or_assign(std::move(key), std::move(value));
  }
  FULMAR_TRY_VOID(tokens.skip_space());
  if (!tokens.at_end()) return malformed("there is more than one login module");
  return entry;
}

}  // namespace fulmar
