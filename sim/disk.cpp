#include "sim/disk.h"

#include <algorithm>

#include "runtime/base/assert.h"
#include "runtime/fiber/fiber.h"
#include "runtime/fiber/wait_list.h"
#include "sim/sim_domain.h"

namespace fulmar {

namespace {

std::string_view base_name(std::string_view path) {
  auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

SimDisk::SimDisk(SimScheduler& scheduler, Trace& trace, Random random, std::size_t machine, std::string name,
                 std::function<Timestamp()> wall_ms)
    : scheduler_(scheduler),
      trace_(trace),
      random_(random.split("operations")),
      losses_(random.split("losses")),
      machine_(machine),
      name_(std::move(name)),
      wall_ms_(std::move(wall_ms)) {
  unstuck_.set();
}

template <class Text>
void SimDisk::tell(Happening::Kind kind, Instant began, std::string_view path, std::uint64_t bytes, Text text) {
  trace_.tell(scheduler_.now(), [&] {
    return Happening{.kind = kind,
                     .where = place_of_fiber().value_or(Place{machine_}),
                     .began = began,
                     .bytes = bytes,
                     .subject = std::string(path),
                     .text = std::string(text())};
  });
}

void SimDisk::set_faults(DiskFaults faults) {
  faults_ = faults;
  faults_.stuck ? unstuck_.reset() : unstuck_.set();
}

void SimDisk::power_loss() {
  image_.power_loss(losses_);
  used_bytes_ = image_.used_bytes();
}

void SimDisk::wipe() {
  image_ = DiskImage();
  used_bytes_ = 0;
}

void SimDisk::damage(std::string_view path, std::uint64_t offset) {
  const auto* inode = image_.find(path);
  if (!inode || !inode->file || offset >= inode->file->current().size()) return;
  inode->file->damage(offset);
  trace_.line(scheduler_.now(),
              [&] { return name_ + " damage " + std::string(path) + " at " + std::to_string(offset); });
  tell(Happening::Kind::disk, scheduler_.now(), path, 0, [] { return "a sector is damaged"; });
}

void SimDisk::flip(std::string_view path, std::uint64_t offset, char bits) {
  image_.find(path)->file->flip(offset, bits);
  trace_.line(scheduler_.now(), [&] { return name_ + " flip " + std::string(path) + " at " + std::to_string(offset); });
  tell(Happening::Kind::disk, scheduler_.now(), path, 0, [] { return "a byte is damaged"; });
}

void SimDisk::lose_tail(std::string_view path, std::uint64_t size) {
  image_.find(path)->file->lose_tail(size);
  used_bytes_ = image_.used_bytes();
  trace_.line(scheduler_.now(),
              [&] { return name_ + " lose tail of " + std::string(path) + " from " + std::to_string(size); });
  tell(Happening::Kind::disk, scheduler_.now(), path, 0, [] { return "its end is lost"; });
}

void SimDisk::lose(std::string_view path) {
  image_.lose(path);
  used_bytes_ = image_.used_bytes();
  trace_.line(scheduler_.now(), [&] { return name_ + " lose " + std::string(path); });
  tell(Happening::Kind::disk, scheduler_.now(), path, 0, [] { return "it is lost"; });
}

Result<void> SimDisk::name_error(std::uint64_t permille, const char* operation, std::string_view path) {
  if (!fails(permille)) return {};
  trace_.line(scheduler_.now(), [&] { return name_ + " " + operation + " fails " + std::string(path); });
  tell(Happening::Kind::disk, scheduler_.now(), path, 0, [&] { return std::string(operation) + " fails"; });
  return fail(Errc::io_error, std::string(operation) + " " + std::string(path));
}

bool SimDisk::has_room(std::uint64_t more) const {
  return used_bytes_ + more <= faults_.capacity_bytes;
}

void SimDisk::take_time(Operation operation) {
  check_cancelled();
  while (faults_.stuck) unstuck_.wait();
  // Most reads and writes only use the page cache; the rest, and everything that must reach the medium, takes longer.
  std::int64_t us = 0;
  switch (operation) {
    case Operation::read: us = random_.chance(1, 4) ? random_.between(20, 200) : 0; break;
    case Operation::write: us = random_.chance(1, 4) ? random_.between(5, 100) : 0; break;
    case Operation::names: us = random_.between(5, 100); break;
    case Operation::sync:
      us = random_.chance(1, 20) ? random_.between(5'000, 40'000) : random_.between(100, 4'000);
      break;
  }
  us *= faults_.slow_factor;
  if (operation == Operation::read && faults_.slow_read_ms > 0 && random_.chance(3, 4))
    us = std::max(us, random_.between(20, faults_.slow_read_ms * 1000));
  if (us > 0) {
    WaitList never;
    never.wait(Deadline{scheduler_.now() + microseconds(us)});
  }
  while (faults_.stuck) unstuck_.wait();
}

class SimFile final : public File {
 public:
  SimFile(SimDisk& disk, std::shared_ptr<FileImage> image, std::string path)
      : disk_(disk), image_(std::move(image)), path_(std::move(path)) {
    ++disk_.open_files_;
  }
  ~SimFile() override {
    --disk_.open_files_;
    if (is_lock_) disk_.locks_.erase(path_);
  }
  void make_lock() { is_lock_ = true; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    disk_.take_time(SimDisk::Operation::read);
    if (disk_.fails(disk_.faults_.read_error_permille)) {
      disk_.tell(Happening::Kind::disk, disk_.scheduler_.now(), path_, 0, [] { return "read fails"; });
      return fail(Errc::io_error, "read " + path_);
    }
    const auto& content = image_->current();
    if (offset >= content.size()) return std::size_t{0};
    auto count = std::min<std::size_t>(into.size(), content.size() - offset);
    if (count > 1 && disk_.fails(disk_.faults_.short_read_permille)) {
      ++disk_.short_reads_;
      count = 1 + disk_.random_.below(count - 1);
    }
    return content.copy(into.data(), count, offset);
  }

  Result<void> write_at(std::uint64_t offset, const ByteChain& data) override {
    auto began = disk_.scheduler_.now();
    disk_.take_time(SimDisk::Operation::write);
    auto end = offset + data.size();
    auto more = end > image_->current().size() ? end - image_->current().size() : 0;
    bool no_space = !disk_.has_room(more);
    if (no_space || disk_.fails(disk_.faults_.write_error_permille)) {
      // A part may have been written before it failed.
      auto flat = data.flatten();
      auto kept = no_space ? std::min<std::uint64_t>(disk_.faults_.capacity_bytes -
                                                         std::min(disk_.faults_.capacity_bytes, disk_.used_bytes_),
                                                     flat.size())
                           : flat.size();
      kept = disk_.random_.below(kept + 1);
      if (kept > 0) store(offset, ByteChain(flat.slice(0, kept)), began);
      disk_.trace_.line(disk_.scheduler_.now(), [&] { return disk_.name_ + " write fails " + path_; });
      disk_.tell(Happening::Kind::disk, began, path_, kept, [] { return "write fails"; });
      return fail(no_space ? Errc::no_space : Errc::io_error, "write " + path_);
    }
    store(offset, data, began);
    return {};
  }

  Result<void> sync() override {
    check_cancelled();
    auto mark = image_->mark();
    auto began = disk_.scheduler_.now();
    disk_.take_time(SimDisk::Operation::sync);
    auto at = disk_.scheduler_.now();
    if (disk_.fails(disk_.faults_.sync_error_permille)) {
      image_->fail_sync(mark, disk_.losses_);
      disk_.trace_.event(Trace::Kind::disk, at, mark, 3);
      disk_.trace_.line(at, [&] { return disk_.name_ + " sync fails " + path_; });
      disk_.tell(Happening::Kind::sync, began, path_, 0, [] { return "sync fails"; });
      return fail(Errc::io_error, "sync " + path_);
    }
    image_->sync(mark);
    disk_.trace_.event(Trace::Kind::disk, at, mark, 2);
    disk_.trace_.line(at, [&] { return disk_.name_ + " sync " + path_; });
    disk_.tell(Happening::Kind::sync, began, path_, 0, [] { return "sync"; });
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    auto began = disk_.scheduler_.now();
    disk_.take_time(SimDisk::Operation::write);
    auto before = image_->current().size();
    if (size > before && !disk_.has_room(size - before)) return fail(Errc::no_space, "extend " + path_);
    disk_.used_bytes_ += size - before;
    image_->truncate(size);
    image_->modified_ms = disk_.wall_ms_();
    disk_.trace_.event(Trace::Kind::disk, disk_.scheduler_.now(), size, 4);
    disk_.tell(Happening::Kind::disk, began, path_, 0, [&] { return "truncate to " + std::to_string(size); });
    return {};
  }

  std::uint64_t size() const override { return image_->current().size(); }

  Result<Timestamp> modified_ms() const override { return image_->modified_ms; }

  Result<void> set_modified_ms(Timestamp ms) override {
    check_cancelled();
    image_->modified_ms = ms;
    return {};
  }

  Result<std::string> attribute() const override { return image_->attribute(); }

  Result<void> set_attribute(std::string_view value) override {
    auto began = disk_.scheduler_.now();
    disk_.take_time(SimDisk::Operation::write);
    FULMAR_ASSERT(value.size() <= attribute_bytes_max);
    if (disk_.fails(disk_.faults_.write_error_permille)) return fail(Errc::io_error, "attribute of " + path_);
    image_->set_attribute(value);
    auto at = disk_.scheduler_.now();
    disk_.trace_.event(Trace::Kind::disk, at, value.size(), 6);
    disk_.trace_.bytes(value);
    disk_.trace_.line(at, [&] { return disk_.name_ + " attribute " + path_; });
    disk_.tell(Happening::Kind::disk, began, path_, value.size(), [] { return "attribute"; });
    return {};
  }

 private:
  void store(std::uint64_t offset, const ByteChain& data, Instant began) {
    auto before = image_->current().size();
    image_->write(offset, data);
    image_->modified_ms = disk_.wall_ms_();
    disk_.used_bytes_ += image_->current().size() - before;
    auto at = disk_.scheduler_.now();
    disk_.trace_.event(Trace::Kind::disk, at, offset, 1);
    for (const auto& part : data.parts()) disk_.trace_.bytes(part.view());
    disk_.trace_.line(at, [&] {
      return disk_.name_ + " write " + path_ + " at " + std::to_string(offset) + " " + std::to_string(data.size()) +
             " bytes";
    });
    disk_.tell(Happening::Kind::disk, began, path_, data.size(), [&] { return "write at " + std::to_string(offset); });
  }

  SimDisk& disk_;
  std::shared_ptr<FileImage> image_;
  std::string path_;
  bool is_lock_ = false;
};

Result<std::unique_ptr<File>> SimDiskHandle::open(std::string_view path, OpenMode mode) {
  auto began = disk_.scheduler_.now();
  disk_.take_time(SimDisk::Operation::names);
  FULMAR_TRY_VOID(disk_.name_error(disk_.faults_.open_error_permille, "open", path));
  auto parent = disk_.image_.directory(parent_directory(path));
  if (!parent) return fail(Errc::not_found, std::string(path));
  const auto* inode = disk_.image_.find(path);
  if (inode && !inode->file) return fail(Errc::invalid_argument, std::string(path) + " is a directory");
  if (inode && mode == OpenMode::create) return fail(Errc::exists, std::string(path));
  if (!inode && (mode == OpenMode::read || mode == OpenMode::read_write))
    return fail(Errc::not_found, std::string(path));
  if (inode) return std::make_unique<SimFile>(disk_, inode->file, std::string(path));
  if (!disk_.has_room(1)) return fail(Errc::no_space, std::string(path));
  auto file = std::make_shared<FileImage>();
  file->modified_ms = disk_.wall_ms_();
  disk_.image_.link(parent, base_name(path), Inode{file, nullptr});
  disk_.tell(Happening::Kind::disk, began, path, 0, [] { return "create"; });
  return std::make_unique<SimFile>(disk_, std::move(file), std::string(path));
}

Result<void> SimDiskHandle::rename(std::string_view from, std::string_view to) {
  auto began = disk_.scheduler_.now();
  disk_.take_time(SimDisk::Operation::names);
  FULMAR_TRY_VOID(disk_.name_error(disk_.faults_.rename_error_permille, "rename", from));
  auto from_parent = disk_.image_.directory(parent_directory(from));
  auto to_parent = disk_.image_.directory(parent_directory(to));
  const auto* inode = disk_.image_.find(from);
  if (!inode || !to_parent) return fail(Errc::not_found, std::string(from));
  if (const auto* replaced = disk_.image_.find(to); replaced && replaced->file)
    disk_.used_bytes_ -= replaced->file->current().size();
  disk_.image_.rename(from_parent, base_name(from), to_parent, base_name(to));
  disk_.trace_.line(disk_.scheduler_.now(),
                    [&] { return disk_.name_ + " rename " + std::string(from) + " to " + std::string(to); });
  disk_.tell(Happening::Kind::disk, began, from, 0, [&] { return "rename to " + std::string(to); });
  return {};
}

Result<void> SimDiskHandle::remove(std::string_view path) {
  auto began = disk_.scheduler_.now();
  disk_.take_time(SimDisk::Operation::names);
  FULMAR_TRY_VOID(disk_.name_error(disk_.faults_.remove_error_permille, "remove", path));
  const auto* inode = disk_.image_.find(path);
  if (!inode || !inode->file) return fail(Errc::not_found, std::string(path));
  disk_.used_bytes_ -= inode->file->current().size();
  disk_.image_.unlink(disk_.image_.directory(parent_directory(path)), base_name(path));
  disk_.trace_.line(disk_.scheduler_.now(), [&] { return disk_.name_ + " remove " + std::string(path); });
  disk_.tell(Happening::Kind::disk, began, path, 0, [] { return "remove"; });
  return {};
}

Result<void> SimDiskHandle::remove_directory(std::string_view path) {
  auto began = disk_.scheduler_.now();
  disk_.take_time(SimDisk::Operation::names);
  FULMAR_TRY_VOID(disk_.name_error(disk_.faults_.remove_error_permille, "remove directory", path));
  auto directory = disk_.image_.directory(path);
  if (!directory) return fail(Errc::not_found, std::string(path));
  if (!directory->current.empty()) return fail(Errc::exists, std::string(path) + " is not empty");
  disk_.image_.unlink(disk_.image_.directory(parent_directory(path)), base_name(path));
  disk_.tell(Happening::Kind::disk, began, path, 0, [] { return "remove the directory"; });
  return {};
}

Result<void> SimDiskHandle::create_directory(std::string_view path) {
  auto began = disk_.scheduler_.now();
  disk_.take_time(SimDisk::Operation::names);
  FULMAR_TRY_VOID(disk_.name_error(disk_.faults_.open_error_permille, "create directory", path));
  auto parent = disk_.image_.directory(parent_directory(path));
  if (!parent) return fail(Errc::not_found, std::string(path));
  if (const auto* inode = disk_.image_.find(path)) {
    if (inode->directory) return {};
    return fail(Errc::exists, std::string(path) + " is a file");
  }
  if (!disk_.has_room(1)) return fail(Errc::no_space, std::string(path));
  disk_.image_.link(parent, base_name(path), Inode{nullptr, std::make_shared<DirectoryImage>()});
  disk_.tell(Happening::Kind::disk, began, path, 0, [] { return "create the directory"; });
  return {};
}

Result<std::vector<DirectoryEntry>> SimDiskHandle::list(std::string_view path) {
  disk_.take_time(SimDisk::Operation::names);
  FULMAR_TRY_VOID(disk_.name_error(disk_.faults_.list_error_permille, "list", path));
  auto directory = disk_.image_.directory(path);
  if (!directory) return fail(Errc::not_found, std::string(path));
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, inode] : directory->current)
    entries.push_back({name, inode.directory != nullptr, inode.file ? inode.file->current().size() : 0});
  return entries;
}

Result<void> SimDiskHandle::sync_directory(std::string_view path) {
  check_cancelled();
  auto mark = disk_.image_.mark();
  auto began = disk_.scheduler_.now();
  disk_.take_time(SimDisk::Operation::sync);
  auto directory = disk_.image_.directory(path);
  if (!directory) return fail(Errc::not_found, std::string(path));
  if (disk_.fails(disk_.faults_.sync_error_permille)) {
    disk_.tell(Happening::Kind::sync, began, path, 0, [] { return "sync of the directory fails"; });
    return fail(Errc::io_error, "sync directory " + std::string(path));
  }
  disk_.image_.sync_directory(*directory, mark);
  disk_.trace_.event(Trace::Kind::disk, disk_.scheduler_.now(), mark, 5);
  disk_.tell(Happening::Kind::sync, began, path, 0, [] { return "sync of the directory"; });
  return {};
}

Result<DiskSpace> SimDiskHandle::space() {
  auto capacity = disk_.faults_.capacity_bytes;
  return DiskSpace{capacity, capacity - std::min(capacity, disk_.used_bytes_)};
}

Result<std::unique_ptr<File>> SimDiskHandle::lock(std::string_view path) {
  FULMAR_TRY(auto file, open(path, OpenMode::open_or_create));
  if (!disk_.locks_.emplace(std::string(path), 1).second) return fail(Errc::exists, std::string(path) + " is held");
  static_cast<SimFile&>(*file).make_lock();
  return file;
}

}  // namespace fulmar
