// FileCache: a disk whose files are there as if they were open, while only so many are. Those used longest ago are
// closed, and opened again when they are needed.
//
// A file that has unsynced writes is synced before it is closed: where a sync fails, nobody might be told otherwise. A
// failed sync is the end of the trust in that file: all that is done to it from then on fails.
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

  // As Disk::open; the file stays usable for as long as its name stands.
  Result<std::unique_ptr<File>> open(std::string_view path, OpenMode mode) override;

  // Files that are in use as `from` are used as `to` from then on. None may be in use as `to`.
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view path) override { return disk_.remove(path); }
  Result<void> remove_directory(std::string_view path) override { return disk_.remove_directory(path); }
  Result<void> create_directory(std::string_view path) override { return disk_.create_directory(path); }
  Result<std::vector<DirectoryEntry>> list(std::string_view path) override { return disk_.list(path); }
  Result<void> sync_directory(std::string_view path) override { return disk_.sync_directory(path); }
  Result<DiskSpace> space() override { return disk_.space(); }
  std::string name() const override { return disk_.name(); }
  Result<std::unique_ptr<File>> lock(std::string_view path) override { return disk_.lock(path); }

  // Whether the process may open one more descriptor, and keep those that its own work needs; closes files for it.
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
  std::multimap<std::string, Entry*, std::less<>> by_path_;  // all that are in use, open or not
};

}  // namespace fulmar
