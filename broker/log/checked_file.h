// Small files that can tell whether they are as they were written, whatever their format: a checksum lies beside the
// content, in the file's attribute, where neither people nor Kafka's tools come upon it.
//
// The checksum holds for the content as it was last written at a certain time. Who edits a file by hand changes that
// time as well: then nothing vouches for the content, and nothing calls it damaged. Damage leaves the time as it was.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/bytes.h"
#include "runtime/base/result.h"
#include "runtime/host/disk.h"

namespace fulmar {

enum class Integrity : std::uint8_t {
  intact,   // it is what was written
  unknown,  // it has no checksum: written by somebody else, or copied without attributes, or the file system has none
  damaged,  // it is not what was written, and nobody has written to it since
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
