// Disk: the files of one process, below one root directory, with the durability of real ones.
//
// What survives a power loss:
//   * bytes of a file: those for which a sync() that began after the write returned has succeeded; any other write may
//     have survived, be lost, or be torn at a sector boundary, each independently
//   * a created, renamed or removed name: once sync_directory() of its directory, begun afterwards, has succeeded
//   * what a failed sync was to write may be gone for good, and a later sync that succeeds does not bring it back: the
//     caller must treat the file as lost and never trust it again (the "fsyncgate" lesson)
//   * a file's attribute: as its bytes, but never torn: what one set_attribute() call wrote is there, or nothing of it
// A killed process loses none of what it wrote; the operating system still has it.
//
// Paths are relative to the root, with '/' between the parts, and never contain "..". Calls block the fiber and are
// cancellation points before they have an effect; an operation that has begun runs to its end. Objects belong to the
// shard that opened them; different fibers of it may use one File at once, also for overlapping reads and appends.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

// Small enough to lie in the inode itself, so that setting it needs no room on the volume.
inline constexpr std::size_t attribute_bytes_max = 40;

class File {
 public:
  virtual ~File() = default;  // closes; never blocks, never syncs

  // Reads up to into.size() bytes at `offset`: at least one, unless the file ends there or nothing is asked for. Fewer
  // than asked for do not mean that the file ends: see read_exactly(). Errors: io_error.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
  // Writes all of `data` at `offset`, extending the file (with zeros over a gap). On an error any part may have been
  // written. Errors: no_space, no_resources, io_error.
  virtual Result<void> write_at(std::uint64_t offset, const ByteChain& data) = 0;
  // Makes all writes that returned before this call durable, and the size with them. Errors: io_error, no_space.
  virtual Result<void> sync() = 0;
  // Cuts or extends (with zeros). Durable after sync().
  virtual Result<void> truncate(std::uint64_t size) = 0;
  // The size as the writes that have returned made it.
  virtual std::uint64_t size() const = 0;
  // When the content was last written or cut, by the machine's wall clock, in ms. Errors: io_error.
  virtual Result<Timestamp> modified_ms() const = 0;
  // Sets that time instead, if the same content is written again. Errors: io_error.
  virtual Result<void> set_modified_ms(Timestamp ms) = 0;
  // A few bytes that the file carries beside its content (on Linux, an extended attribute), replaced as a whole and
  // made durable by the same sync() as the content; at most attribute_bytes_max. Copies of the file need not have them.
  // Empty if it was never set. Errors: unsupported, where the file system has none; no_space, io_error.
  virtual Result<std::string> attribute() const = 0;
  virtual Result<void> set_attribute(std::string_view value) = 0;
};

enum class OpenMode : unsigned char {
  read,        // must exist
  read_write,  // must exist
  create,      // must not exist: Errc::exists
  open_or_create,
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
  std::uint64_t size = 0;  // of a file, in bytes
};

// The volume of the files.
struct DiskSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  // that this process may still use
};

class Disk {
 public:
  virtual ~Disk() = default;

  // Errors here and below: not_found, exists, invalid_argument, no_space, no_resources, io_error.
  virtual Result<std::unique_ptr<File>> open(std::string_view path, OpenMode mode) = 0;
  // Replaces `to` if it exists, atomically.
  virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
  virtual Result<void> remove(std::string_view path) = 0;            // a file
  virtual Result<void> remove_directory(std::string_view path) = 0;  // an empty directory
  // Makes one directory whose parent exists; fine if it is there already.
  virtual Result<void> create_directory(std::string_view path) = 0;
  // The entries of a directory ("" is the root), sorted by name.
  virtual Result<std::vector<DirectoryEntry>> list(std::string_view path) = 0;
  virtual Result<void> sync_directory(std::string_view path) = 0;
  virtual Result<DiskSpace> space() = 0;
  // The root, as the operator names it.
  virtual std::string name() const = 0;
  // Takes the lock of a directory for this process, by a file of that name in it, until the returned File is closed.
  // Errors: exists, when a living process holds it.
  virtual Result<std::unique_ptr<File>> lock(std::string_view path) = 0;
};

// All of [offset, offset + count), or out_of_range when the file is shorter.
Result<Bytes> read_exactly(File& file, std::uint64_t offset, std::size_t count);
// A whole small file; too_large beyond `size_max`.
Result<Bytes> read_file(Disk& disk, std::string_view path, std::size_t size_max);
// Replaces a small file so that after a crash either the old or the new content is there: writes `path`.tmp, syncs,
// renames, syncs the directory.
Result<void> replace_file(Disk& disk, std::string_view path, const ByteChain& content);
// The same without the last step, for replacing several files of a directory: until it is synced a power loss may undo
// this. `before_sync` (may be null) is called with the new file once its content is written.
Result<void> replace_file_unsynced(Disk& disk, std::string_view path, const ByteChain& content,
                                   const std::function<Result<void>(File&)>& before_sync = nullptr);
// "topic-0/x.log" -> "topic-0"; "" for a name in the root.
std::string_view parent_directory(std::string_view path);

}  // namespace fulmar
