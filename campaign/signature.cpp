#include "campaign/signature.h"

#include <algorithm>
#include <sstream>
#include <string_view>

#include "campaign/stack_names.h"

namespace fulmar {

namespace {

constexpr std::size_t frames_max = 3;  // more would tell callers apart that have nothing to do with the cause

// "a::b<c>(d)::{lambda(e)#1}::operator()(f) const [clone .cold]" as "a::b<c>::{lambda(e)#1}::operator": parameters
// change more often than names.
std::string function_name(std::string_view name) {
  if (auto clone = name.find(" [clone"); clone != std::string_view::npos) name = name.substr(0, clone);
  constexpr std::string_view qualifier = " const";
  if (name.ends_with(qualifier)) name.remove_suffix(qualifier.size());
  std::string kept;
  int braces = 0, parameters = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    constexpr std::string_view unnamed = "(anonymous namespace)";
    if (parameters == 0 && name.substr(i).starts_with(unnamed)) {
      kept += unnamed;
      i += unnamed.size() - 1;
      continue;
    }
    char c = name[i];
    if (c == '{' || c == '<') ++braces;
    if ((c == '}' || c == '>') && braces > 0) --braces;
    if (c == '(' && braces == 0) ++parameters;
    if (parameters == 0) kept += c;
    if (c == ')' && braces == 0 && parameters > 0) --parameters;
  }
  return kept;
}

// The function of a frame, as with_names_of_functions() writes it ("  NAME, FILE+0xADDRESS"), if it is of the program
// itself; else empty.
std::string own_function(std::string_view line) {
  auto comma = line.rfind(", ");
  auto plus = line.rfind("+0x");
  if (!line.starts_with("  ") || comma == std::string_view::npos || plus == std::string_view::npos || plus < comma)
    return "";
  auto name = line.substr(2, comma - 2);
  auto file = line.substr(comma + 2, plus - comma - 2);
  if (file.find(".so") != std::string_view::npos || file.starts_with("[") || name == "?") return "";
  for (std::string_view of_libraries : {"std::", "__", "_", "void std::", "bool std::"})
    if (name.starts_with(of_libraries)) return "";
  return function_name(name);
}

std::vector<std::string> details_of_crash(const std::string& text) {
  constexpr std::string_view assertion = "assertion failed: ";
  constexpr std::string_view exception = "terminate called after throwing an instance of ";
  std::vector<std::string> said, frames;
  std::istringstream lines(text);
  std::string line;
  bool in_stack = false;
  while (std::getline(lines, line)) {
    if (line.starts_with(assertion)) {
      said = {line.substr(0, line.rfind(" at "))};  // without file and line
    } else if (line.starts_with(exception)) {
      said = {"exception " + line.substr(exception.size())};
    } else if (line + "\n" == stack_title) {
      in_stack = true;
      frames.clear();
    } else if (in_stack) {
      auto function = own_function(line);
      if (function.ends_with("::assertion_failed")) {
        frames.clear();  // what is within it is how it ends the process
      } else if (!function.empty() && frames.size() < frames_max && (frames.empty() || frames.back() != function)) {
        frames.push_back(function);
      }
    }
  }
  said.insert(said.end(), frames.begin(), frames.end());
  return said;
}

}  // namespace

Signature signature_of(const Violation& violation) {
  Signature signature{violation.property, violation.anomaly};
  if (violation.anomaly == "crash") signature.details = details_of_crash(violation.text);
  return signature;
}

std::optional<Signature> signature_of(const Violations& violations) {
  const auto* first = first_violation(violations);
  return first ? std::optional(signature_of(*first)) : std::nullopt;
}

const Violation* first_violation(const Violations& violations) {
  auto first = std::ranges::min_element(violations, {}, &Violation::at);
  return first == violations.end() ? nullptr : &*first;
}

const Violation* find_violation(const Violations& violations, const Signature& signature) {
  auto found = std::ranges::find_if(violations, [&](const auto& one) { return signature_of(one) == signature; });
  return found == violations.end() ? nullptr : &*found;
}

std::string to_string(const Signature& signature) {
  std::string text = signature.property + ": " + signature.anomaly;
  const char* before = ", ";
  for (const auto& detail : signature.details) {
    text += before + detail;
    before = " < ";
  }
  return text;
}

}  // namespace fulmar
