// DiskImage: the contents of a simulated disk in two views: the running system's, and the one after a power loss. The
// operations that no sync has covered yet are between them.
//
// Model. A write that no completed sync covers survives a power loss, is lost, or is torn: each of its 512-byte sectors
// has the new or the old content, independently. A truncation survives or is lost. A directory entry (created, renamed,
// removed) that no sync_directory covers survives or is lost, independently of others; a rename is one step. A file's
// attribute survives or is lost as a whole; its modification time always survives. The death of a process loses
// nothing. The operations of one file that survive are applied in order.
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
  // The number of operations so far: a sync that begins now covers these.
  std::uint64_t mark() const { return first_pending_ + pending_.size(); }
  void sync(std::uint64_t mark);
  // A failed sync: each operation that it covers is forgotten with probability 1/2; reads still show it.
  void fail_sync(std::uint64_t mark, Random& random);
  void power_loss(Random& random);
  // Flips bits of the sector at `offset`, in both views.
  void damage(std::uint64_t offset);
  // The same for one byte, or for everything after `size`.
  void flip(std::uint64_t offset, char bits);
  void lose_tail(std::uint64_t size);
  bool has_unsynced() const { return !pending_.empty(); }

 private:
  struct Pending {
    enum class Kind : std::uint8_t { write, truncation, attribute };
    Kind kind;
    std::uint64_t offset;  // where to write, or the size to cut to
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
  std::vector<std::uint64_t> unsynced;  // numbers of the changes of its entries, ascending
};

class DiskImage {
 public:
  DiskImage();

  // The inode at a path of the running view; null if there is none.
  const Inode* find(std::string_view path) const;
  std::shared_ptr<DirectoryImage> directory(std::string_view path) const;  // null if it is none

  void link(const std::shared_ptr<DirectoryImage>& directory, std::string_view name, Inode inode);
  void unlink(const std::shared_ptr<DirectoryImage>& directory, std::string_view name);
  void rename(const std::shared_ptr<DirectoryImage>& from, std::string_view from_name,
              const std::shared_ptr<DirectoryImage>& to, std::string_view to_name);
  std::uint64_t mark() const { return next_change_; }
  void sync_directory(DirectoryImage& directory, std::uint64_t mark);

  void power_loss(Random& random);
  // Removes a file's name, in both views.
  void lose(std::string_view path);
  std::uint64_t used_bytes() const;

  // For checkers: the names in a directory, ascending, and a file; in the running or the durable view (which a power
  // loss leaves at least). Empty, and null, if it does not exist.
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
