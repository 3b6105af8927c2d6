#include "runtime/host/disk.h"

#include "runtime/base/assert.h"

namespace fulmar {

Result<Bytes> read_exactly(File& file, std::uint64_t offset, std::size_t count) {
  if (count == 0) return Bytes();
  MutableBytes into(count);
  for (std::size_t done = 0; done < count;) {
    FULMAR_TRY(auto read, file.read_at(offset + done, into.span().subspan(done)));
    if (read == 0) return fail(Errc::out_of_range, "the file ends before the bytes asked for");
    done += read;
  }
  return std::move(into).freeze();
}

Result<Bytes> read_file(Disk& disk, std::string_view path, std::size_t size_max) {
  FULMAR_TRY(auto file, disk.open(path, OpenMode::read));
  auto size = file->size();
  if (size > size_max) return fail(Errc::too_large, std::string(path));
  return read_exactly(*file, 0, size);
}

Result<void> replace_file(Disk& disk, std::string_view path, const ByteChain& content) {
  FULMAR_TRY_VOID(replace_file_unsynced(disk, path, content));
  return disk.sync_directory(parent_directory(path));
}

Result<void> replace_file_unsynced(Disk& disk, std::string_view path, const ByteChain& content,
                                   const std::function<Result<void>(File&)>& before_sync) {
  std::string temporary = std::string(path) + ".tmp";
  {
    FULMAR_TRY(auto file, disk.open(temporary, OpenMode::open_or_create));
    FULMAR_TRY_VOID(file->truncate(0));
    FULMAR_TRY_VOID(file->write_at(0, content));
    if (before_sync) FULMAR_TRY_VOID(before_sync(*file));
    FULMAR_TRY_VOID(file->sync());
  }
  return disk.rename(temporary, path);
}

std::string_view parent_directory(std::string_view path) {
  auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

}  // namespace fulmar
