// FileCache: a disk on which many files are in use while a limited number of them is open. The files used longest ago
// are closed, and opened again when they are needed.
//
// A file with unsynced writes is synced before it is closed, since otherwise an error of writing it might never be
// reported. After a failed sync all operations on the file fail.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "runtime/host/disk.h"
#include "runtime/host/host.h"

namespace fulmar {

class FileCache final : public Disk, public std::enable_shared_from_this<FileCache> {
 public:
  explicit FileCache(Host& host);
  ~FileCache() override;

  // As Disk::open(). The file can be used as long as it exists under its name.
  Result<std::unique_ptr<File>> open(std::string_view path, OpenMode mode) override;

  // Files in use under the name `from` remain in use, under the name `to`. No file may be in use as `to`.
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view path) override { return disk_.remove(path); }
  Result<void> remove_directory(std::string_view path) override { return disk_.remove_directory(path); }
  Result<void> create_directory(std::string_view path) override { return disk_.create_directory(path); }
  Result<std::vector<DirectoryEntry>> list(std::string_view path) override { return disk_.list(path); }
  Result<void> sync_directory(std::string_view path) override { return disk_.sync_directory(path); }
  Result<DiskSpace> space() override { return disk_.space(); }
  std::string name() const override { return disk_.name(); }
  Result<std::unique_ptr<File>> lock(std::string_view path) override { return disk_.lock(path); }

  // Whether the process may open one more descriptor and still has those that its own work needs. Closes files if
  // necessary.
  bool make_room_for_one();
  std::size_t open_files() const { return clean_.size() + dirty_.size(); }

 private:
  struct Entry;
  class CachedFile;

  std::size_t files_max() const;
  bool process_is_full() const;
  void make_room();
  bool close_one();
  void place(Entry& entry);
  void forget(Entry& entry);

  Host& host_;
  Disk& disk_;
  std::list<Entry*> clean_;                                  // open, all synced; the one used longest ago first
  std::list<Entry*> dirty_;                                  // open, with unsynced writes; likewise
  std::multimap<std::string, Entry*, std::less<>> by_path_;  // all files in use, open or not
};

}  // namespace fulmar
