#include "broker/log/synced_mark.h"

#include "broker/protocol/endian.h"

namespace fulmar {

namespace {

//   0 version   1 synced end   9 log start   17 holes below, from version 2 on   then the CRC-32C of all before
constexpr char version_without_holes = 1;
constexpr char version_with_holes = 2;

std::size_t crc_place(char version) {
  return version == version_with_holes ? 25 : 17;
}

}  // namespace

std::string SyncedMark::encode() const {
  auto version = holes_below > 0 ? version_with_holes : version_without_holes;
  auto crc_at = crc_place(version);
  std::string bytes(crc_at + 4, '\0');
  bytes[0] = version;
  store_big(bytes.data() + 1, synced_end);
  store_big(bytes.data() + 9, log_start);
  if (version == version_with_holes) store_big(bytes.data() + 17, holes_below);
  store_big(bytes.data() + crc_at, crc32c(std::string_view(bytes).substr(0, crc_at)));
  return bytes;
}

std::optional<SyncedMark> SyncedMark::decode(std::string_view bytes) {
  if (bytes.empty() || (bytes[0] != version_without_holes && bytes[0] != version_with_holes)) return std::nullopt;
  auto crc_at = crc_place(bytes[0]);
  if (bytes.size() != crc_at + 4) return std::nullopt;
  if (load_big<std::uint32_t>(bytes.data() + crc_at) != crc32c(bytes.substr(0, crc_at))) return std::nullopt;
  SyncedMark mark{load_big<Offset>(bytes.data() + 1), load_big<Offset>(bytes.data() + 9)};
  if (bytes[0] == version_with_holes) mark.holes_below = load_big<Offset>(bytes.data() + 17);
  if (mark.log_start < 0 || mark.synced_end < 0 || mark.holes_below < 0) return std::nullopt;
  return mark;
}

}  // namespace fulmar
