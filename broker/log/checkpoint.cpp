#include "broker/log/checkpoint.h"

#include <charconv>

namespace fulmar {

std::optional<std::vector<std::int64_t>> parse_numbers(std::string_view text) {
  std::vector<std::int64_t> numbers;
  for (;;) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
    if (text.empty()) return numbers;
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    numbers.push_back(number);
  }
}

std::string Checkpoint::encode() const {
  auto numbers = std::to_string(recovery_point) + " " + std::to_string(log_start);
  // Each version adds a field to the one before. The lowest version that has all fields in use is written.
  const bool compacted = cleaned_to > 0 || tombstone_bound > 0;
  const auto version = compacted ? 4 : markers_from >= 0 ? 3 : holes_below > 0 ? 2 : 1;
  if (version >= 2) numbers += " " + std::to_string(holes_below);
  if (version >= 3) numbers += " " + std::to_string(markers_from);
  if (version >= 4) numbers += " " + std::to_string(cleaned_to) + " " + std::to_string(tombstone_bound);
  return std::to_string(version) + "\n" + numbers + " " + std::to_string(crc32c(numbers)) + "\n";
}

std::optional<Checkpoint> Checkpoint::decode(std::string_view text) {
  auto numbers = parse_numbers(text);
  if (!numbers || numbers->size() < 3) return std::nullopt;
  Checkpoint read{(*numbers)[1], (*numbers)[2]};
  if ((*numbers)[0] >= 2) read.holes_below = numbers->size() > 3 ? (*numbers)[3] : 0;
  if ((*numbers)[0] >= 3) read.markers_from = numbers->size() > 4 ? (*numbers)[4] : -1;
  if ((*numbers)[0] >= 4) read.cleaned_to = numbers->size() > 5 ? (*numbers)[5] : 0;
  if ((*numbers)[0] >= 4) read.tombstone_bound = numbers->size() > 6 ? (*numbers)[6] : 0;
  bool version_0 = (*numbers)[0] == 0 && numbers->size() == 3;  // without a checksum
  if (!version_0 && text != read.encode()) return std::nullopt;
  return read;
}

}  // namespace fulmar
