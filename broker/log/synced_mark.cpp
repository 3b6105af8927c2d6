#include "broker/log/synced_mark.h"

#include "broker/protocol/endian.h"

namespace fulmar {

namespace {

//   0 version = 1   1 synced end   9 log start   17 CRC-32C of all before
constexpr char mark_version = 1;
constexpr std::size_t crc_at = 17;
constexpr std::size_t mark_size = crc_at + 4;

}  // namespace

std::string SyncedMark::encode() const {
  std::string bytes(mark_size, '\0');
  bytes[0] = mark_version;
  store_big(bytes.data() + 1, synced_end);
  store_big(bytes.data() + 9, log_start);
  store_big(bytes.data() + crc_at, crc32c(std::string_view(bytes).substr(0, crc_at)));
  return bytes;
}

std::optional<SyncedMark> SyncedMark::decode(std::string_view bytes) {
  if (bytes.size() != mark_size || bytes[0] != mark_version) return std::nullopt;
  if (load_big<std::uint32_t>(bytes.data() + crc_at) != crc32c(bytes.substr(0, crc_at))) return std::nullopt;
  SyncedMark mark{load_big<Offset>(bytes.data() + 1), load_big<Offset>(bytes.data() + 9)};
  if (mark.log_start < 0 || mark.synced_end < 0) return std::nullopt;
  return mark;
}

}  // namespace fulmar
