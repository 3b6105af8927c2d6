#include "faults/file_damage.h"

#include <map>

namespace fulmar {

namespace {

// One file of each sort, so that sorts with few files are chosen as often as those with many.
std::vector<const DamageableFile*> one_of_each(const std::vector<DamageableFile>& files, std::uint64_t pick) {
  std::map<std::string, std::vector<const DamageableFile*>> by_sort;
  for (const auto& file : files) by_sort[file.sort].push_back(&file);
  std::vector<const DamageableFile*> chosen;
  for (const auto& [sort, all] : by_sort) chosen.push_back(all[pick / 101 % all.size()]);
  return chosen;
}

}  // namespace

std::string damage_sector(SimDisk& disk, const std::vector<DamageableFile>& files, std::int64_t pick) {
  if (files.empty()) return "";
  auto chosen = static_cast<std::size_t>(pick);
  const auto& file = files[chosen % files.size()];
  disk.damage(file.path, chosen / files.size() % file.size_max);
  return file.sort;
}

std::string damage_in_some_way(SimDisk& disk, const std::vector<DamageableFile>& all, std::int64_t pick) {
  auto chosen = static_cast<std::uint64_t>(pick);
  auto files = one_of_each(all, chosen);
  if (files.empty()) return "";
  const auto& file = *files[chosen % files.size()];
  chosen /= files.size();
  auto way = file.may_be_wrong ? chosen % 4 : 2 + chosen % 2;
  chosen /= 4;
  auto size = disk.image().file(file.path, false)->current().size();
  if (way == 3 || size == 0 || file.size_max == 0) {
    disk.lose(file.path);
    return file.sort + ", gone";
  }
  if (way == 2) {
    disk.lose_tail(file.path, chosen % file.size_max);
    return file.sort + ", its end lost";
  }
  auto bits = static_cast<char>(1 + chosen % 7);  // usually turns a digit or letter into another
  disk.flip(file.path, chosen % size, bits);
  return file.sort;
}

}  // namespace fulmar
