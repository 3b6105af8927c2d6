#include "broker/log/synced_mark.h"

#include "broker/protocol/endian.h"

namespace fulmar {

namespace {

//   0 version   1 synced end   9 log start   17 holes below, from version 2 on   25 tombstone bound, from version 3 on
// then the CRC-32C of the bytes before
constexpr char version_first = 1;
constexpr char version_with_holes = 2;
constexpr char version_with_bound = 3;

std::size_t crc_place(char version) {
  return 9 + 8 * static_cast<std::size_t>(version);
}

}  // namespace

std::string SyncedMark::encode() const {
  auto version = tombstone_bound > 0 ? version_with_bound : holes_below > 0 ? version_with_holes : version_first;
  auto crc_at = crc_place(version);
  std::string bytes(crc_at + 4, '\0');
  bytes[0] = version;
  store_big(bytes.data() + 1, synced_end);
  store_big(bytes.data() + 9, log_start);
  if (version >= version_with_holes) store_big(bytes.data() + 17, holes_below);
  if (version >= version_with_bound) store_big(bytes.data() + 25, tombstone_bound);
  store_big(bytes.data() + crc_at, crc32c(std::string_view(bytes).substr(0, crc_at)));
  return bytes;
}

std::optional<SyncedMark> SyncedMark::decode(std::string_view bytes) {
  if (bytes.empty() || bytes[0] < version_first || bytes[0] > version_with_bound) return std::nullopt;
  auto crc_at = crc_place(bytes[0]);
  if (bytes.size() != crc_at + 4) return std::nullopt;
  if (load_big<std::uint32_t>(bytes.data() + crc_at) != crc32c(bytes.substr(0, crc_at))) return std::nullopt;
  SyncedMark mark{load_big<Offset>(bytes.data() + 1), load_big<Offset>(bytes.data() + 9)};
  if (bytes[0] >= version_with_holes) mark.holes_below = load_big<Offset>(bytes.data() + 17);
  if (bytes[0] >= version_with_bound) mark.tombstone_bound = load_big<Offset>(bytes.data() + 25);
  if (mark.log_start < 0 || mark.synced_end < 0 || mark.holes_below < 0 || mark.tombstone_bound < 0)
    return std::nullopt;
  return mark;
}

}  // namespace fulmar
