#include "broker/security/tls/principal_mapping.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>

namespace fulmar {

namespace {

constexpr std::int64_t pattern_memory_max = 1 << 20;

// The rules of a list begin with "RULE:" or are DEFAULT; a comma before that separates them, and others belong to a
// rule. (Kafka splits in the same way.)
std::vector<std::string_view> split_rules(std::string_view rules) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0; from < rules.size();) {
    auto begins_rule = [&](std::size_t at) {
      auto rest = rules.substr(at);
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n"), rest.size()));
      return rest.starts_with("RULE:") || rest.starts_with("DEFAULT");
    };
    auto end = rules.find(',', from);
    while (end != std::string_view::npos && !begins_rule(end + 1)) end = rules.find(',', end + 1);
    auto part = rules.substr(from, end == std::string_view::npos ? end : end - from);
    while (!part.empty() && std::isspace(static_cast<unsigned char>(part.front()))) part.remove_prefix(1);
    while (!part.empty() && std::isspace(static_cast<unsigned char>(part.back()))) part.remove_suffix(1);
    if (!part.empty()) parts.push_back(part);
    from = end == std::string_view::npos ? rules.size() : end + 1;
  }
  return parts;
}

std::string converted(std::string text, int (*convert)(int)) {
  std::ranges::transform(text, text.begin(), [&](unsigned char c) { return static_cast<char>(convert(c)); });
  return text;
}

// Java's "$1" as RE2's "\1"; what is special to RE2 only is taken as it is.
Result<std::string> rewritten(std::string_view replacement, int groups) {
  std::string text;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    char c = replacement[i];
    bool refers =
        c == '$' && i + 1 < replacement.size() && std::isdigit(static_cast<unsigned char>(replacement[i + 1]));
    if (c == '$' && !refers) return fail(Errc::invalid_argument, "a $ that refers to no group");
    if (refers) {
      int group = replacement[++i] - '0';
      if (group > groups) return fail(Errc::invalid_argument, "there is no group $" + std::to_string(group));
      text += '\\';
      text += static_cast<char>('0' + group);
    } else if (c == '\\' && i + 1 < replacement.size()) {
      ++i;
      if (replacement[i] == '\\') text += '\\';
      text += replacement[i];
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

PrincipalMapping::PrincipalMapping() {
  rules_.push_back({nullptr});
}
PrincipalMapping::~PrincipalMapping() = default;
PrincipalMapping::PrincipalMapping(PrincipalMapping&&) noexcept = default;
PrincipalMapping& PrincipalMapping::operator=(PrincipalMapping&&) noexcept = default;

// RULE:pattern/replacement/[LU]. A slash in the pattern is written as \/, as in Kafka.
Result<PrincipalMapping::Rule> PrincipalMapping::parse_rule(std::string_view text) {
  if (text == "DEFAULT") return Rule{nullptr};
  auto refuse = [&](const std::string& why) {
    return fail(Errc::invalid_argument, "\"" + std::string(text) + "\" is no rule: " + why);
  };
  if (!text.starts_with("RULE:")) return refuse("one is RULE:pattern/replacement/[L|U], or DEFAULT");
  auto body = text.substr(5);
  auto next_slash = [&](std::size_t from) {
    for (auto i = from; i < body.size(); ++i) {
      if (body[i] == '\\')
        ++i;
      else if (body[i] == '/')
        return i;
    }
    return std::string_view::npos;
  };
  auto first = next_slash(0);
  auto second = first == std::string_view::npos ? first : next_slash(first + 1);
  if (second == std::string_view::npos) return refuse("one is RULE:pattern/replacement/[L|U], or DEFAULT");
  auto letters = body.substr(second + 1);
  if (letters != "" && letters != "L" && letters != "U") return refuse("after the second slash come L, U or nothing");
  Rule rule;
  rule.letters = letters == "L" ? Case::lower : letters == "U" ? Case::upper : Case::as_it_is;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(pattern_memory_max);
  auto pattern = body.substr(0, first);
  rule.pattern = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!rule.pattern->ok()) return refuse(rule.pattern->error());
  auto replacement = rewritten(body.substr(first + 1, second - first - 1), rule.pattern->NumberOfCapturingGroups());
  if (!replacement) return refuse(replacement.error().detail);
  rule.replacement = std::move(*replacement);
  return rule;
}

Result<PrincipalMapping> PrincipalMapping::parse(std::string_view rules) {
  PrincipalMapping mapping;
  mapping.rules_.clear();
  for (auto part : split_rules(rules)) {
    FULMAR_TRY(auto rule, parse_rule(part));
    mapping.rules_.push_back(std::move(rule));
  }
  if (mapping.rules_.empty()) mapping.rules_.push_back({nullptr});
  return mapping;
}

Result<std::string> PrincipalMapping::user_of(const std::string& distinguished_name) const {
  for (const auto& rule : rules_) {
    if (!rule.pattern) return distinguished_name;
    if (!re2::RE2::FullMatch(distinguished_name, *rule.pattern)) continue;
    std::string user = distinguished_name;
    re2::RE2::GlobalReplace(&user, *rule.pattern, rule.replacement);
    if (rule.letters == Case::lower) return converted(std::move(user), std::tolower);
    if (rule.letters == Case::upper) return converted(std::move(user), std::toupper);
    return user;
  }
  return fail(Errc::refused, "no rule of ssl.principal.mapping.rules applies to " + distinguished_name);
}

}  // namespace fulmar
