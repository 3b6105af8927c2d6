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

namespace {

// Each version up to 4 adds fields to the one before. Version 5 has the fields of version 4, in which the clean part of
// the log could have batches that are part of transactions.
constexpr int version_uncleaned = 4;
constexpr int version_cleaned = 5;

std::string text_of(const Checkpoint& of, std::int64_t version) {
  auto numbers = std::to_string(of.recovery_point) + " " + std::to_string(of.log_start);
  if (version >= 2) numbers += " " + std::to_string(of.holes_below);
  if (version >= 3) numbers += " " + std::to_string(of.markers_from);
  if (version >= 4) numbers += " " + std::to_string(of.cleaned_to) + " " + std::to_string(of.tombstone_bound);
  return std::to_string(version) + "\n" + numbers + " " + std::to_string(crc32c(numbers)) + "\n";
}

}  // namespace

// The lowest version that has all fields in use is written.
std::string Checkpoint::encode() const {
  const bool compacted = cleaned_to > 0 || tombstone_bound > 0;
  return text_of(*this, compacted ? version_cleaned : markers_from >= 0 ? 3 : holes_below > 0 ? 2 : 1);
}

std::optional<Checkpoint> Checkpoint::decode(std::string_view text) {
  auto numbers = parse_numbers(text);
  if (!numbers || numbers->size() < 3) return std::nullopt;
  Checkpoint read{(*numbers)[1], (*numbers)[2]};
  if ((*numbers)[0] >= 2) read.holes_below = numbers->size() > 3 ? (*numbers)[3] : 0;
  if ((*numbers)[0] >= 3) read.markers_from = numbers->size() > 4 ? (*numbers)[4] : -1;
  if ((*numbers)[0] >= 4) read.cleaned_to = numbers->size() > 5 ? (*numbers)[5] : 0;
  if ((*numbers)[0] >= 4) read.tombstone_bound = numbers->size() > 6 ? (*numbers)[6] : 0;
  const auto version = (*numbers)[0];
  if (version == 0 && numbers->size() == 3) return read;  // without a checksum
  if (text != (version == version_uncleaned ? text_of(read, version) : read.encode())) return std::nullopt;
  read.transactions_uncleaned = version == version_uncleaned && read.markers_from >= 0;
  if (read.transactions_uncleaned) read.cleaned_to = 0;
  return read;
}

}  // namespace fulmar
