#include "runtime/real/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "runtime/base/assert.h"
#include "runtime/fiber/fiber.h"
#include "runtime/real/errors.h"

namespace fulmar {

namespace {

constexpr std::size_t buffers_per_write_max = 64;
constexpr const char* attribute_name = "user.fulmar";

class RealFile final : public File {
 public:
  RealFile(Reactor& reactor, int fd, std::string path, std::uint64_t size)
      : reactor_(reactor), fd_(fd), path_(std::move(path)), size_(size) {
    reactor_.descriptors().fetch_add(1, std::memory_order_relaxed);
  }
  ~RealFile() override {
    ::close(fd_);
    reactor_.descriptors().fetch_sub(1, std::memory_order_relaxed);
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    check_cancelled();
    iovec part{into.data(), into.size()};
    for (;;) {
      // Data in the page cache is read at once; otherwise the fiber waits for the device, and other fibers run.
      long read = preadv2(fd_, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT);
      if (read < 0) read = run({FileOperation::Kind::read, fd_, {&part, 1}, offset});
      if (read == -EINTR || read == -EAGAIN) continue;
      if (read < 0) return system_error(static_cast<int>(-read), "read " + path_);
      reactor_.disk_usage().read_bytes += read;
      return static_cast<std::size_t>(read);
    }
  }

  Result<void> write_at(std::uint64_t offset, const ByteChain& data) override {
    check_cancelled();
    auto parts = data.parts();
    std::size_t skip = 0;  // bytes of the first part that are written already
    auto at = offset;
    while (!parts.empty()) {
      iovec buffers[buffers_per_write_max];
      std::size_t count = 0;
      for (; count < std::min(parts.size(), buffers_per_write_max); ++count) {
        auto from = count == 0 ? skip : 0;
        buffers[count] = {const_cast<char*>(parts[count].data()) + from, parts[count].size() - from};
      }
      // A write only copies to the page cache: handing it to another thread would cost more than that.
      auto written = pwritev(fd_, buffers, static_cast<int>(count), static_cast<off_t>(at));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return system_error(errno, "write " + path_);
      if (written == 0) return system_error(ENOSPC, "write " + path_);
      reactor_.disk_usage().written_bytes += written;
      at += static_cast<std::uint64_t>(written);
      size_ = std::max(size_, at);
      auto left = static_cast<std::size_t>(written) + skip;
      while (!parts.empty() && left >= parts.front().size()) {
        left -= parts.front().size();
        parts = parts.subspan(1);
      }
      skip = left;
    }
    return {};
  }

  Result<void> sync() override {
    check_cancelled();
    auto begun = reactor_.now();
    long done = run({FileOperation::Kind::sync_data, fd_, {}, 0});
    if (done < 0) return system_error(static_cast<int>(-done), "sync " + path_);
    reactor_.disk_usage().syncs.add(reactor_.now() - begun);
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    check_cancelled();
    if (ftruncate(fd_, static_cast<off_t>(size)) != 0) return system_error(errno, "truncate " + path_);
    size_ = size;
    return {};
  }

  std::uint64_t size() const override { return size_; }

  Result<Timestamp> modified_ms() const override {
    struct stat status{};
    if (fstat(fd_, &status) != 0) return system_error(errno, "modification time of " + path_);
    return Timestamp{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000;
  }

  Result<void> set_modified_ms(Timestamp ms) override {
    check_cancelled();
    auto whole_seconds = ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
    timespec modified{whole_seconds, (ms - whole_seconds * 1000) * 1'000'000};
    timespec times[] = {{0, UTIME_OMIT}, modified};
    if (futimens(fd_, times) != 0) return system_error(errno, "modification time of " + path_);
    return {};
  }

  Result<std::string> attribute() const override {
    std::string value(attribute_bytes_max, '\0');
    auto size = fgetxattr(fd_, attribute_name, value.data(), value.size());
    if (size < 0 && errno == ENODATA) return std::string();
    if (size < 0) return attribute_error(errno);
    value.resize(static_cast<std::size_t>(size));
    return value;
  }

  // Only changes memory, like a write; the journal includes it with the next change of the file's size.
  Result<void> set_attribute(std::string_view value) override {
    check_cancelled();
    FULMAR_ASSERT(value.size() <= attribute_bytes_max);
    if (fsetxattr(fd_, attribute_name, value.data(), value.size(), 0) != 0) return attribute_error(errno);
    return {};
  }

 private:
  std::unexpected<Error> attribute_error(int number) const {
    // ERANGE: an attribute of another program, too long to be one of ours.
    if (number == ENOTSUP || number == ENOSYS || number == ERANGE)
      return fail(Errc::unsupported, "attribute of " + path_);
    return system_error(number, "attribute of " + path_);
  }
  long run(const FileOperation& operation) { return reactor_.engine().run(operation); }

  Reactor& reactor_;
  int fd_;
  std::string path_;
  std::uint64_t size_;
};

}  // namespace

Result<std::unique_ptr<File>> RealDisk::open(std::string_view path, OpenMode mode) {
  check_cancelled();
  int flags = O_CLOEXEC;
  switch (mode) {
    case OpenMode::read: flags |= O_RDONLY; break;
    case OpenMode::read_write: flags |= O_RDWR; break;
    case OpenMode::create: flags |= O_RDWR | O_CREAT | O_EXCL; break;
    case OpenMode::open_or_create: flags |= O_RDWR | O_CREAT; break;
  }
  int fd = ::open(full(path).c_str(), flags, 0644);
  if (fd < 0) return system_error(errno, "open " + std::string(path));
  struct stat status{};
  if (fstat(fd, &status) != 0 || S_ISDIR(status.st_mode)) {
    int number = S_ISDIR(status.st_mode) ? EISDIR : errno;
    ::close(fd);
    return system_error(number, "open " + std::string(path));
  }
  return std::make_unique<RealFile>(reactor_, fd, std::string(path), static_cast<std::uint64_t>(status.st_size));
}

Result<void> RealDisk::rename(std::string_view from, std::string_view to) {
  check_cancelled();
  if (::rename(full(from).c_str(), full(to).c_str()) != 0) return system_error(errno, "rename " + std::string(from));
  return {};
}

Result<void> RealDisk::remove(std::string_view path) {
  check_cancelled();
  if (::unlink(full(path).c_str()) != 0) return system_error(errno, "remove " + std::string(path));
  return {};
}

Result<void> RealDisk::remove_directory(std::string_view path) {
  check_cancelled();
  if (::rmdir(full(path).c_str()) != 0) return system_error(errno, "remove directory " + std::string(path));
  return {};
}

Result<void> RealDisk::create_directory(std::string_view path) {
  check_cancelled();
  if (::mkdir(full(path).c_str(), 0755) == 0) return {};
  int number = errno;
  struct stat status{};
  if (number == EEXIST && stat(full(path).c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  return system_error(number, "create directory " + std::string(path));
}

Result<std::vector<DirectoryEntry>> RealDisk::list(std::string_view path) {
  check_cancelled();
  auto directory = full(path);
  std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(directory.c_str()), closedir);
  if (!open) return system_error(errno, "list " + std::string(path));
  std::vector<DirectoryEntry> entries;
  while (const dirent* found = readdir(open.get())) {
    std::string name = found->d_name;
    if (name == "." || name == "..") continue;
    struct stat status{};
    if (stat((directory + "/" + name).c_str(), &status) != 0) continue;  // removed meanwhile
    bool is_directory = S_ISDIR(status.st_mode);
    entries.push_back({std::move(name), is_directory, is_directory ? 0 : static_cast<std::uint64_t>(status.st_size)});
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

Result<void> RealDisk::sync_directory(std::string_view path) {
  check_cancelled();
  int fd = ::open(full(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error(errno, "sync directory " + std::string(path));
  auto begun = reactor_.now();
  long done = reactor_.engine().run({FileOperation::Kind::sync_all, fd, {}, 0});
  ::close(fd);
  if (done < 0) return system_error(static_cast<int>(-done), "sync directory " + std::string(path));
  reactor_.disk_usage().syncs.add(reactor_.now() - begun);
  return {};
}

Result<DiskSpace> RealDisk::space() {
  struct statvfs status{};
  if (statvfs(root_.c_str(), &status) != 0) return system_error(errno, "free space");
  return DiskSpace{static_cast<std::uint64_t>(status.f_blocks) * status.f_frsize,
                   static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize};
}

Result<std::unique_ptr<File>> RealDisk::lock(std::string_view path) {
  check_cancelled();
  int fd = ::open(full(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return system_error(errno, "open " + std::string(path));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    int number = errno;
    ::close(fd);
    if (number == EWOULDBLOCK) return fail(Errc::exists, std::string(path) + " is held");
    return system_error(number, "lock " + std::string(path));
  }
  return std::make_unique<RealFile>(reactor_, fd, std::string(path), 0);
}

}  // namespace fulmar
