#include "broker/log/file_cache.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

namespace {

// The descriptors of a process that are reserved for files that are open only briefly (checkpoints, indexes) and for
// its listeners.
constexpr std::size_t kept_part = 40;
constexpr std::size_t kept_min = 16;
constexpr std::size_t kept_max = 512;
constexpr std::size_t part_for_files = 2;  // half of the descriptors; the other half is for connections
constexpr std::size_t files_min = 16;      // per shard, however many connections there are

std::size_t kept(const Descriptors& descriptors) {
  return std::clamp(descriptors.limit / kept_part, kept_min, kept_max);
}

}  // namespace

struct FileCache::Entry : std::enable_shared_from_this<Entry> {
  Entry(std::shared_ptr<FileCache> c, std::string_view p, OpenMode m) : cache_life(std::move(c)), path(p), mode(m) {}

  // The open file, which stays open as long as the caller holds it.
  Result<std::shared_ptr<File>> use() {
    if (lost) return std::unexpected(*lost);
    if (!file) {
      auto self = shared_from_this();
      cache.make_room();
      while (!file) {
        auto name = path;
        auto opened = cache.disk_.open(name, mode);
        if (name != path) continue;  // renamed meanwhile
        if (!opened) return std::unexpected(opened.error());
        if (!file) file = std::move(*opened);  // otherwise another fiber has opened it meanwhile
      }
    }
    cache.place(*this);
    return file;
  }
  // Called before and after each write, so that a sync that began before the write has ended does not make the file
  // clean.
  void written() {
    ++writes;
    dirty = true;
    if (file) cache.place(*this);
  }
  Result<void> sync() {
    auto self = shared_from_this();
    FULMAR_TRY(auto open, use());
    auto before = writes;
    auto synced = open->sync();
    if (!synced) lost = synced.error();
    if (synced && writes == before) dirty = false;
    if (file) cache.place(*this);
    return synced;
  }

  const std::shared_ptr<FileCache> cache_life;  // files may be in use longer than their shard exists
  FileCache& cache = *cache_life;
  std::string path;
  const OpenMode mode;
  std::shared_ptr<File> file;  // null: closed
  std::uint64_t size = 0;
  std::uint64_t writes = 0;
  bool dirty = false;
  bool gone = false;  // its CachedFile is destroyed
  std::optional<Error> lost;
  std::list<Entry*>* in = nullptr;
  std::list<Entry*>::iterator at;
};

class FileCache::CachedFile final : public File {
 public:
  explicit CachedFile(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {}
  ~CachedFile() override {
    entry_->gone = true;
    entry_->cache.forget(*entry_);
    auto& by_path = entry_->cache.by_path_;
    auto [at, end] = by_path.equal_range(entry_->path);
    by_path.erase(std::find_if(at, end, [&](const auto& known) { return known.second == entry_.get(); }));
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    auto entry = entry_;
    FULMAR_TRY(auto file, entry->use());
    return file->read_at(offset, into);
  }
  Result<void> write_at(std::uint64_t offset, const ByteChain& data) override {
    return change([&](File& file) { return file.write_at(offset, data); });
  }
  Result<void> truncate(std::uint64_t size) override {
    return change([&](File& file) { return file.truncate(size); });
  }
  Result<void> sync() override {
    auto entry = entry_;
    return entry->sync();
  }
  Result<Timestamp> modified_ms() const override {
    auto entry = entry_;
    FULMAR_TRY(auto file, entry->use());
    return file->modified_ms();
  }
  // Like the attribute, this does not make the file dirty: until the next sync, a power loss may undo it.
  Result<void> set_modified_ms(Timestamp ms) override {
    auto entry = entry_;
    FULMAR_TRY(auto file, entry->use());
    return file->set_modified_ms(ms);
  }
  Result<std::string> attribute() const override {
    auto entry = entry_;
    FULMAR_TRY(auto file, entry->use());
    return file->attribute();
  }
  Result<void> set_attribute(std::string_view value) override {
    auto entry = entry_;
    FULMAR_TRY(auto file, entry->use());
    return file->set_attribute(value);
  }
  std::uint64_t size() const override { return entry_->file ? entry_->file->size() : entry_->size; }

 private:
  template <class F>
  Result<void> change(F&& work) {
    auto entry = entry_;
    FULMAR_TRY(auto file, entry->use());
    entry->written();
    auto done = work(*file);
    entry->written();
    entry->size = file->size();
    return done;
  }

  std::shared_ptr<Entry> entry_;
};

FileCache::FileCache(Host& host) : host_(host), disk_(host.disk()) {}

FileCache::~FileCache() {
  FULMAR_ASSERT(clean_.empty() && dirty_.empty());
}

Result<std::unique_ptr<File>> FileCache::open(std::string_view path, OpenMode mode) {
  make_room();
  FULMAR_TRY(auto file, disk_.open(path, mode));
  auto entry = std::make_shared<Entry>(shared_from_this(), path, mode == OpenMode::read ? mode : OpenMode::read_write);
  entry->size = file->size();
  entry->file = std::move(file);
  place(*entry);
  by_path_.emplace(entry->path, entry.get());
  return std::make_unique<CachedFile>(std::move(entry));
}

Result<void> FileCache::rename(std::string_view from, std::string_view to) {
  FULMAR_TRY_VOID(disk_.rename(from, to));
  for (auto at = by_path_.find(from); at != by_path_.end(); at = by_path_.find(from)) {
    auto* entry = at->second;
    by_path_.erase(at);
    entry->path = to;
    by_path_.emplace(entry->path, entry);
  }
  return {};
}

std::size_t FileCache::files_max() const {
  return std::max(files_min, host_.descriptors().limit / part_for_files / host_.shard_count());
}

bool FileCache::process_is_full() const {
  auto descriptors = host_.descriptors();
  return descriptors.in_use + kept(descriptors) >= descriptors.limit;
}

void FileCache::make_room() {
  while (open_files() >= files_max() || (process_is_full() && open_files() > files_min))
    if (!close_one()) return;
}

bool FileCache::make_room_for_one() {
  while (process_is_full())
    if (open_files() <= files_min || !close_one()) return false;
  return true;
}

// False if there is none that could be closed.
bool FileCache::close_one() {
  while (clean_.empty()) {
    if (dirty_.empty()) return false;
    FULMAR_MARK("log: file synced to be closed");
    auto oldest = dirty_.front()->shared_from_this();
    auto synced = oldest->sync();
    // A file that can't be synced is closed as well: it can't be used any more. A file that was written meanwhile stays
    // open.
    if (!synced || oldest->dirty) {
      if (synced || oldest->in != &dirty_) return true;
      oldest->size = oldest->file->size();
      forget(*oldest);
      return true;
    }
  }
  auto& entry = *clean_.front();
  entry.size = entry.file->size();
  forget(entry);
  return true;
}

// Puts the entry at the end of its list, as the one used last.
void FileCache::place(Entry& entry) {
  if (entry.gone) return;
  auto& list = entry.dirty ? dirty_ : clean_;
  if (entry.in) {
    list.splice(list.end(), *entry.in, entry.at);
  } else {
    list.push_back(&entry);
    entry.at = std::prev(list.end());
  }
  entry.in = &list;
}

void FileCache::forget(Entry& entry) {
  if (entry.in) entry.in->erase(entry.at);
  entry.in = nullptr;
  entry.file = nullptr;
}

}  // namespace fulmar
