#include "broker/cluster/topic_name.h"

#include <charconv>

namespace fulmar {

std::optional<std::string> invalid_topic_name(std::string_view name) {
  constexpr std::size_t length_max = 249;  // a directory name has to have room for "-<partition>.<hex>-delete" as well
  if (name.empty()) return "the empty string is not allowed";
  if (name == "." || name == "..") return "'.' and '..' are not allowed";
  if (name.size() > length_max) return "the length of " + std::to_string(name.size()) + " is above 249 characters";
  if (name == metadata_topic_name) return "it is the name of the metadata log";
  for (char c : name) {
    bool good =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!good) return "it contains characters other than ASCII alphanumerics, '.', '_' and '-'";
  }
  return std::nullopt;
}

std::string partition_directory(std::string_view topic, int partition) {
  return std::string(topic) + "-" + std::to_string(partition);
}

std::optional<std::pair<std::string, std::int32_t>> partition_of_directory(std::string_view name) {
  auto dash = name.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  std::int32_t index = -1;
  std::from_chars(name.data() + dash + 1, name.data() + name.size(), index);
  auto topic = name.substr(0, dash);
  if (index < 0 || invalid_topic_name(topic) || partition_directory(topic, index) != name) return std::nullopt;
  return std::pair{std::string(topic), index};
}

}  // namespace fulmar
