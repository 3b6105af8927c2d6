#include "scenarios/damage/damageable_files.h"

#include <algorithm>
#include <vector>

#include "broker/log/checkpoint.h"
#include "broker/log/synced_mark.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

namespace {

using Files = std::map<std::string, std::shared_ptr<FileImage>>;

// The synced end of a hard state file, according to the last of its marks.
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

// The combined marks of a log's segments.
SyncedMark marks_of(const Files& files, const std::string& directory) {
  SyncedMark all;
  for (auto at = files.lower_bound(directory); at != files.end() && at->first.starts_with(directory); ++at) {
    if (!at->first.ends_with(".log")) continue;
    auto mark = SyncedMark::decode(at->second->attribute()).value_or(SyncedMark());
    all.synced_end = std::max(all.synced_end, mark.synced_end);
    all.log_start = std::max(all.log_start, mark.log_start);
    all.holes_below = std::max(all.holes_below, mark.holes_below);
  }
  return all;
}

// A log's checkpoint; empty if there is no readable one.
Checkpoint checkpoint_of(const Files& files, const std::string& directory) {
  auto found = files.find(directory + std::string(checkpoint_name));
  if (found == files.end()) return {};
  return Checkpoint::decode(found->second->current()).value_or(Checkpoint());
}

// The synced end of a log. Damage above it can't be told from a torn write.
Offset vouched_offset(const Files& files, const std::string& directory) {
  return std::max(marks_of(files, directory).synced_end, checkpoint_of(files, directory).recovery_point);
}

// The number of bytes, in whole sectors, of batches that end at or below the offset.
std::size_t vouched_bytes(std::string_view segment, Offset offset) {
  std::size_t end = 0;
  while (auto header = read_batch_header(segment.substr(end))) {
    if (header->next_offset() > offset || header->size() > segment.size() - end) break;
    end += header->size();
  }
  return end == segment.size() ? end : end / sector_size * sector_size;
}

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

// Whether some batch of the log in that directory is known to be synced, by its segments' files: then the directory's
// checkpoint, and its epochs, can be restored. Segments below the log start do not count: a start removes those whose
// names a power loss has brought back. Nor can epochs be restored where batches may be missing.
bool is_vouched_for(const Files& files, const std::string& directory) {
  const auto marks = marks_of(files, directory);
  const auto checkpoint = checkpoint_of(files, directory);
  const auto log_start = std::max(marks.log_start, checkpoint.log_start);
  if (std::max(marks.holes_below, checkpoint.holes_below) > log_start) return false;
  for (auto at = files.lower_bound(directory); at != files.end() && at->first.starts_with(directory); ++at) {
    if (!at->first.ends_with(".log")) continue;
    std::string_view segment = at->second->current();
    auto vouched = vouched_bytes(segment, marks.synced_end);
    for (std::size_t end = 0; end < vouched;) {
      auto header = read_batch_header(segment.substr(end));
      if (!header) break;
      if (header->next_offset() > log_start) return true;
      end += header->size();
    }
  }
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
      // The synced size in its attribute; above that, a write may be torn.
      auto synced = file->attribute().size() >= 8 ? big_endian(file->attribute(), 0, 8) : 0;
      files.push_back({path, "terms and votes", std::min<std::size_t>(synced, size), false});
    }
  }
  return files;
}

}  // namespace fulmar
