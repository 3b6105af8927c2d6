#include "broker/log/checked_file.h"

#include <string>

#include "broker/protocol/endian.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

namespace {

//   0 version = 1   1 the file's modification time in ms   9 the content's CRC-32C
constexpr char checksum_version = 1;
constexpr std::size_t crc_at = 9;
constexpr std::size_t checksum_size = crc_at + 4;

Result<void> set_checksum(File& file, std::string_view content) {
  FULMAR_TRY(auto modified_ms, file.modified_ms());
  std::string bytes(checksum_size, '\0');
  bytes[0] = checksum_version;
  store_big(bytes.data() + 1, modified_ms);
  store_big(bytes.data() + crc_at, crc32c(content));
  auto set = file.set_attribute(bytes);
  if (!set && set.error().code == Errc::unsupported) return {};
  return set;
}

Result<Integrity> check(File& file, std::string_view content) {
  auto bytes = file.attribute();
  if (!bytes && bytes.error().code == Errc::unsupported) return Integrity::unknown;
  if (!bytes) return std::unexpected(bytes.error());
  if (bytes->size() != checksum_size || bytes->front() != checksum_version) return Integrity::unknown;
  FULMAR_TRY(auto modified_ms, file.modified_ms());
  if (load_big<Timestamp>(bytes->data() + 1) != modified_ms) return Integrity::unknown;
  return load_big<std::uint32_t>(bytes->data() + crc_at) == crc32c(content) ? Integrity::intact : Integrity::damaged;
}

}  // namespace

Result<CheckedFile> read_checked_file(Disk& disk, std::string_view path, std::size_t size_max) {
  FULMAR_TRY(auto file, disk.open(path, OpenMode::read));
  if (file->size() > size_max) return fail(Errc::too_large, std::string(path));
  CheckedFile read;
  FULMAR_TRY(read.content, read_exactly(*file, 0, file->size()));
  FULMAR_TRY(read.integrity, check(*file, read.content.view()));
  return read;
}

Result<void> replace_checked_file(Disk& disk, std::string_view path, const Bytes& content) {
  FULMAR_TRY_VOID(replace_checked_file_unsynced(disk, path, content));
  return disk.sync_directory(parent_directory(path));
}

Result<void> replace_checked_file_unsynced(Disk& disk, std::string_view path, const Bytes& content) {
  return replace_file_unsynced(disk, path, ByteChain(content),
                               [&](File& file) { return set_checksum(file, content.view()); });
}

}  // namespace fulmar
