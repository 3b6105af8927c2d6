#include "scenarios/damage/damageable_files.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace fulmar {

namespace {

using Files = std::map<std::string, std::shared_ptr<FileImage>>;

// Up to where a file of terms and votes says itself, by the last of its marks, that it is synced.
std::size_t vouched_for(const std::string& content) {
  constexpr std::size_t mark_bytes = 37;
  const std::string body = std::string(20, '\0') + '\x04';
  auto at = content.rfind(body);
  if (at == std::string::npos || at < mark_bytes - 29) return 0;
  return at - (mark_bytes - 29);
}

std::uint64_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + size; ++i) value = value << 8 | static_cast<unsigned char>(bytes.at(i));
  return value;
}

// The offset up to which the marks that a log's segments carry say that it was synced.
std::uint64_t marked_offset(const Files& files, const std::string& directory) {
  std::uint64_t offset = 0;
  for (auto at = files.lower_bound(directory); at != files.end() && at->first.starts_with(directory); ++at)
    if (at->first.ends_with(".log") && at->second->attribute().size() > 9)
      offset = std::max(offset, big_endian(at->second->attribute(), 1, 8));
  return offset;
}

// The same by its checkpoint as well. Above that, damage can't be told from a write that was torn.
std::uint64_t vouched_offset(const Files& files, const std::string& directory) {
  auto offset = marked_offset(files, directory);
  if (auto found = files.find(directory + "fulmar-checkpoint"); found != files.end())
    offset = std::max<std::uint64_t>(offset, std::strtoull(found->second->current().c_str() + 2, nullptr, 10));
  return offset;
}

// How many bytes from the front hold batches that end at or below the offset, in whole sectors.
std::size_t vouched_bytes(std::string_view segment, std::uint64_t offset) {
  constexpr std::size_t header_size = 61;
  std::size_t end = 0;
  while (end + header_size <= segment.size()) {
    auto next = big_endian(segment, end, 8) + big_endian(segment, end + 23, 4) + 1;
    auto size = big_endian(segment, end + 8, 4) + 12;
    if (next > offset || size > segment.size() - end) break;
    end += size;
  }
  return end == segment.size() ? end : end / sector_size * sector_size;
}

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

// Whether some of the log in that directory is known to be synced, by what its segments' files say: then the
// directory's checkpoint, and its epochs, can be told again.
bool is_vouched_for(const Files& files, const std::string& directory) {
  auto marked = marked_offset(files, directory);
  for (auto at = files.lower_bound(directory); at != files.end() && at->first.starts_with(directory); ++at)
    if (at->first.ends_with(".log") && vouched_bytes(at->second->current(), marked) > 0) return true;
  return false;
}

}  // namespace

std::vector<DamageableFile> damageable_records(const SimDisk& disk) {
  std::vector<DamageableFile> files;
  auto all = disk.image().files();
  for (const auto& [path, file] : all) {
    if (!path.ends_with(".log")) continue;
    auto vouched = vouched_bytes(file->current(), vouched_offset(all, directory_of(path)));
    if (vouched > 0) files.push_back({path, "records", vouched});
  }
  for (const auto& [path, file] : all)
    if (path.starts_with("raft-state-"))
      if (auto vouched = vouched_for(file->current())) files.push_back({path, "terms and votes", vouched});
  return files;
}

std::vector<DamageableFile> damageable_side_files(const SimDisk& disk) {
  std::vector<DamageableFile> files;
  auto all = disk.image().files();
  for (const auto& [path, file] : all) {
    auto add = [&, &path = path, &file = file](const char* sort) {
      files.push_back({path, sort, file->current().size()});
    };
    if (path.ends_with(".index")) add("offset index");
    if (path.ends_with(".timeindex")) add("time index");
    if (path.ends_with(".snapshot")) add("producers");
    bool checkpoint = path.ends_with("/fulmar-checkpoint");
    if (!checkpoint && !path.ends_with("/leader-epoch-checkpoint")) continue;
    if (is_vouched_for(all, directory_of(path))) add(checkpoint ? "checkpoint" : "epochs");
  }
  return files;
}

std::vector<DamageableFile> damageable_small_files(const SimDisk& disk) {
  std::vector<DamageableFile> files;
  for (const auto& [path, file] : disk.image().files()) {
    auto size = file->current().size();
    if (path.ends_with("/partition.metadata") && path.find("-stray/") == std::string::npos)
      files.push_back({path, "partition.metadata", size});
    if (path == "metadata-snapshot") files.push_back({path, "metadata snapshot", size});
    if (path.starts_with("raft-state-") && !path.ends_with(".tmp")) {
      // Up to where its attribute says that it is synced; above that, a write was torn.
      auto synced = file->attribute().size() >= 8 ? big_endian(file->attribute(), 0, 8) : 0;
      files.push_back({path, "terms and votes", std::min<std::size_t>(synced, size), false});
    }
  }
  return files;
}

}  // namespace fulmar
