// Small files with a checksum, whatever their format. The checksum is in the file's attribute, so that the content is
// the same as in Kafka.
//
// The checksum is stored with the time of the file's last modification. Editing a file by hand changes that time: then
// the checksum does not apply, and the content counts as unknown, not as damaged. Damage leaves the time as it was.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/bytes.h"
#include "runtime/base/result.h"
#include "runtime/host/disk.h"

namespace fulmar {

enum class Integrity : std::uint8_t {
  intact,   // the content is what was written
  unknown,  // no checksum applies: edited or written by others, copied without attributes, or a file system without any
  damaged,  // the content is not what was written, and nobody has written to the file since
};

struct CheckedFile {
  Bytes content;
  Integrity integrity = Integrity::unknown;
};

// As read_file().
Result<CheckedFile> read_checked_file(Disk& disk, std::string_view path, std::size_t size_max);
// As replace_file() and replace_file_unsynced().
Result<void> replace_checked_file(Disk& disk, std::string_view path, const Bytes& content);
Result<void> replace_checked_file_unsynced(Disk& disk, std::string_view path, const Bytes& content);

}  // namespace fulmar
