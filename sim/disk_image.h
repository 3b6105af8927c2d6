// DiskImage: what a simulated disk holds, seen twice: as the running system sees it, and as it would be found after a
// power loss. In between lie the operations that no sync has covered yet.
//
// Model. A write that no completed sync covers survives a power loss, is lost, or is torn: of each of its 512-byte
// sectors the new or the old content is found, independently. A truncation survives or is lost. An entry of a directory
// (created, renamed, removed) that no sync_directory covers survives or is lost, each by itself; a rename is one step.
// A file's attribute survives or is lost as a whole; the time of its last change is always kept. A process' death loses
// nothing. Operations of one file survive in order: a later one is laid over an earlier one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/base/random.h"
#include "runtime/base/time.h"

namespace fulmar {

inline constexpr std::size_t sector_size = 512;

class FileImage {
 public:
  const std::string& current() const { return current_; }
  const std::string& durable() const { return durable_; }

  const std::string& attribute() const { return current_attribute_; }
  Timestamp modified_ms = 0;

  void write(std::uint64_t offset, const ByteChain& data);
  void set_attribute(std::string_view value);
  void truncate(std::uint64_t size);
  // How many operations there have been: a sync that begins now covers those.
  std::uint64_t mark() const { return first_pending_ + pending_.size(); }
  void sync(std::uint64_t mark);
  // A sync that failed: each operation it was to make durable is forgotten with chance 1/2; reads still show it.
  void fail_sync(std::uint64_t mark, Random& random);
  void power_loss(Random& random);
  // Flips bits of the sector at `offset`, on the medium and in what is read.
  void damage(std::uint64_t offset);
  // Likewise, of one byte, or of what comes after `size`.
  void flip(std::uint64_t offset, char bits);
  void lose_tail(std::uint64_t size);
  bool has_unsynced() const { return !pending_.empty(); }

 private:
  struct Pending {
    enum class Kind : std::uint8_t { write, truncation, attribute };
    Kind kind;
    std::uint64_t offset;  // where to write, or what to cut to
    std::string data;
    bool forgotten = false;
  };
  static void lay(std::string& content, std::uint64_t offset, std::string_view data);
  void make_durable(const Pending& operation);

  std::string current_;
  std::string durable_;
  std::string current_attribute_;
  std::string durable_attribute_;
  std::vector<Pending> pending_;
  std::uint64_t first_pending_ = 0;
};

struct DirectoryImage;

struct Inode {
  std::shared_ptr<FileImage> file;            // one of
  std::shared_ptr<DirectoryImage> directory;  // the two
};

struct DirectoryImage {
  std::map<std::string, Inode, std::less<>> current;
  std::map<std::string, Inode, std::less<>> durable;
  std::vector<std::uint64_t> unsynced;  // the changes of its entries, by number, ascending
};

class DiskImage {
 public:
  DiskImage();

  // The inode at a path of the running system's view; null if there is none.
  const Inode* find(std::string_view path) const;
  std::shared_ptr<DirectoryImage> directory(std::string_view path) const;  // null if it is none

  void link(const std::shared_ptr<DirectoryImage>& directory, std::string_view name, Inode inode);
  void unlink(const std::shared_ptr<DirectoryImage>& directory, std::string_view name);
  void rename(const std::shared_ptr<DirectoryImage>& from, std::string_view from_name,
              const std::shared_ptr<DirectoryImage>& to, std::string_view to_name);
  std::uint64_t mark() const { return next_change_; }
  void sync_directory(DirectoryImage& directory, std::uint64_t mark);

  void power_loss(Random& random);
  // A file's name is gone, on the medium and in what is seen.
  void lose(std::string_view path);
  std::uint64_t used_bytes() const;

  // For checkers: the names in a directory, ascending, and a file; in the running view or in the durable one, which a
  // power loss leaves at the least. None, and null, if there is no such thing.
  std::vector<std::string> names(std::string_view directory, bool durable) const;
  const FileImage* file(std::string_view path, bool durable) const;
  // All files of the running view, path to content, for checkers.
  std::map<std::string, std::shared_ptr<FileImage>> files() const;

 private:
  struct Change {
    std::shared_ptr<DirectoryImage> removed_from;  // null if nothing is removed
    std::string removed_name;
    std::shared_ptr<DirectoryImage> added_to;  // null if nothing is added
    std::string added_name;
    Inode inode;
  };
  void note(Change change);
  static void apply(const Change& change);
  const Inode* walk(std::string_view path, bool durable) const;

  std::shared_ptr<DirectoryImage> root_;
  std::map<std::uint64_t, Change> changes_;  // that no sync has covered, by number
  std::uint64_t next_change_ = 0;
};

}  // namespace fulmar
