#include "faults/file_damage.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace fulmar {

namespace {

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

bool is_promises(const std::string& path) {
  return path.starts_with("raft-state-") && !path.ends_with(".tmp");
}

// How many bytes from the front are settled, in whole sectors: those that a write that was torn can't have changed.
std::size_t settled_bytes(const FileImage& file) {
  auto size = static_cast<std::size_t>(file.settled_size());
  return size == file.current().size() ? size : size / sector_size * sector_size;
}

// The directories with a log of which something is settled: where that is known, its checkpoint and its epochs can be
// told again.
std::set<std::string> settled_logs(const SimDisk& disk) {
  std::set<std::string> found;
  for (const auto& [path, file] : disk.image().files())
    if (path.ends_with(".log") && settled_bytes(*file) > 0) found.insert(directory_of(path));
  return found;
}

struct Damageable {
  std::string path;
  std::string sort;
  std::size_t cut_max;       // it is cut somewhere before that
  bool may_be_wrong = true;  // and not only cut, or gone
};

std::string damage_one(SimDisk& disk, const std::vector<Damageable>& files, std::int64_t pick) {
  if (files.empty()) return "";
  auto chosen = static_cast<std::uint64_t>(pick);
  const auto& file = files[chosen % files.size()];
  chosen /= files.size();
  auto way = file.may_be_wrong ? chosen % 4 : 2 + chosen % 2;
  chosen /= 4;
  auto size = disk.image().file(file.path, false)->current().size();
  if (way == 3 || size == 0 || file.cut_max == 0) {
    disk.lose(file.path);
    return file.sort + ", gone";
  }
  if (way == 2) {
    disk.lose_tail(file.path, chosen % file.cut_max);
    return file.sort + ", its end lost";
  }
  auto bits = static_cast<char>(1 + chosen % 7);  // mostly another digit or letter, where it was one
  disk.flip(file.path, chosen % size, bits);
  return file.sort;
}

// The one that a number picks of each sort: the few files of some are not to be lost among the many of others.
std::vector<Damageable> one_of_each(const std::vector<Damageable>& files, std::int64_t pick) {
  std::map<std::string, std::vector<const Damageable*>> by_sort;
  for (const auto& file : files) by_sort[file.sort].push_back(&file);
  std::vector<Damageable> chosen;
  for (const auto& [sort, all] : by_sort) chosen.push_back(*all[static_cast<std::uint64_t>(pick) / 101 % all.size()]);
  return chosen;
}

}  // namespace

std::string damage_records(SimDisk& disk, std::int64_t pick) {
  std::vector<std::pair<std::string, std::size_t>> files;
  auto add = [&](bool (*is_meant)(const std::string&)) {
    for (const auto& [path, file] : disk.image().files())
      if (auto settled = settled_bytes(*file); settled > 0 && is_meant(path)) files.emplace_back(path, settled);
  };
  add([](const std::string& path) { return path.ends_with(".log"); });
  add(is_promises);
  if (files.empty()) return "";
  auto chosen = static_cast<std::size_t>(pick);
  const auto& [path, size] = files[chosen % files.size()];
  disk.damage(path, chosen / files.size() % size);
  return path.ends_with(".log") ? "records" : "terms and votes";
}

std::string damage_side_file(SimDisk& disk, std::int64_t pick) {
  std::vector<Damageable> files;
  const auto logs = settled_logs(disk);
  for (const auto& [path, file] : disk.image().files()) {
    auto add = [&, &path = path, &file = file](const char* sort) {
      files.push_back({path, sort, file->current().size()});
    };
    if (path.ends_with(".index")) add("offset index");
    if (path.ends_with(".timeindex")) add("time index");
    if (path.ends_with(".snapshot")) add("producers");
    bool checkpoint = path.ends_with("/fulmar-checkpoint");
    if (!checkpoint && !path.ends_with("/leader-epoch-checkpoint")) continue;
    if (logs.contains(directory_of(path))) add(checkpoint ? "checkpoint" : "epochs");
  }
  return damage_one(disk, one_of_each(files, pick), pick);
}

std::string damage_small_file(SimDisk& disk, std::int64_t pick) {
  std::vector<Damageable> files;
  for (const auto& [path, file] : disk.image().files()) {
    auto size = file->current().size();
    if (path.ends_with("/partition.metadata") && path.find("-stray/") == std::string::npos)
      files.push_back({path, "partition.metadata", size});
    if (path == "metadata-snapshot") files.push_back({path, "metadata snapshot", size});
    // Above what is settled, a write was torn.
    if (is_promises(path))
      files.push_back({path, "terms and votes", std::min<std::size_t>(file->settled_size(), size), false});
  }
  return damage_one(disk, one_of_each(files, pick), pick);
}

}  // namespace fulmar
