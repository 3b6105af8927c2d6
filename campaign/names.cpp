#include "campaign/names.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

namespace fulmar {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}
bool is_of_name(char c) {
  return is_digit(c) || is_letter(c) || c == '-' || c == '_' || c == '#';
}

// "345678s", "20ms".
bool is_quantity(std::string_view word) {
  auto unit = word.substr(static_cast<std::size_t>(std::ranges::find_if_not(word, is_digit) - word.begin()));
  return unit.size() < word.size() && unit.size() <= 2 && std::ranges::all_of(unit, is_letter);
}

// "12.345678s" at `at`, if it is that.
std::optional<Instant> time_at(std::string_view text, std::size_t at) {
  std::int64_t us = 0;
  auto place = at;
  constexpr std::size_t digits_max = 9;
  for (; place < text.size() && is_digit(text[place]) && place - at < digits_max; ++place)
    us = us * 10 + (text[place] - '0');
  if (place == at || place >= text.size() || text[place] != '.') return std::nullopt;
  for (int digit = 0; digit < 6; ++digit) {
    if (++place >= text.size() || !is_digit(text[place])) return std::nullopt;
    us = us * 10 + (text[place] - '0');
  }
  if (++place >= text.size() || text[place] != 's') return std::nullopt;
  return Instant{us * 1000};
}

}  // namespace

Instant seen_at(const Violation& violation) {
  auto seen = violation.at;
  if (seen == Instant::max()) return seen;
  const auto& text = violation.text;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (is_digit(text[at]) && (at == 0 || !is_of_name(text[at - 1])))
      if (auto time = time_at(text, at)) seen = std::max(seen, *time);
  return seen;
}

bool names(std::string_view text, std::string_view name) {
  if (name.empty()) return false;
  auto letters = static_cast<std::size_t>(std::ranges::find_if(name, is_digit) - name.begin());
  auto stem = name.substr(0, letters), number = name.substr(letters);
  // A dot within a word is part of it.
  auto begins = [&](std::size_t at) {
    return at == 0 || (!is_of_name(text[at - 1]) && !(text[at - 1] == '.' && at > 1 && is_of_name(text[at - 2])));
  };
  auto ends = [&](std::size_t at) {
    return at >= text.size() ||
           (!is_of_name(text[at]) && !(text[at] == '.' && at + 1 < text.size() && is_of_name(text[at + 1])));
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!begins(at)) continue;
    auto rest = text.substr(at);
    if (rest.starts_with(name) && ends(at + name.size())) return true;
    if (stem.empty() || number.empty() || !rest.starts_with(stem) || at + stem.size() >= text.size()) continue;
    auto after = rest.substr(stem.size());
    if (after[0] == ' ' && after.substr(1).starts_with(number) && ends(at + stem.size() + 1 + number.size()))
      return true;
  }
  return false;
}

std::vector<std::string> names_in(std::string_view text) {
  std::set<std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_of_name(text[at])) {
      ++at;
      continue;
    }
    auto end = at;
    while (end < text.size() && is_of_name(text[end])) ++end;
    auto word = text.substr(at, end - at);
    while (!word.empty() && word.back() == '-') word.remove_suffix(1);
    bool letters = std::ranges::any_of(word, is_letter);
    bool others = std::ranges::any_of(word, [](char c) { return is_digit(c) || c == '-'; });
    if (letters && others && !is_quantity(word)) found.emplace(word);
    at = end;
  }
  return {found.begin(), found.end()};
}

std::vector<std::string> numbers_in(std::string_view text) {
  std::set<std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    auto number = text.substr(at, end - at);
    auto rest = text.substr(end);
    bool begins = at == 0 || (!is_of_name(text[at - 1]) && text[at - 1] != '.');
    bool is_fraction = rest.size() >= 2 && rest[0] == '.' && is_digit(rest[1]);
    bool ends = rest.empty() || (!is_of_name(rest[0]) && !is_fraction && !rest.starts_with(" ms"));
    if (number.size() >= 2 && begins && ends) found.emplace(number);
    at = std::max(end, at + 1);
  }
  return {found.begin(), found.end()};
}

}  // namespace fulmar
