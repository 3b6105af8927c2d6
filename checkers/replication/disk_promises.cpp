#include "checkers/replication/disk_promises.h"

#include <algorithm>

namespace fulmar {

const HardState* DiskPromises::find(std::int32_t broker, const GroupId& group) {
  auto& disk = disks_[broker];
  refresh(broker, disk);
  auto found = disk.states.find(group);
  return found == disk.states.end() ? nullptr : &found->second;
}

// A group's records are in one file per run of the broker: if only files of the last run have grown, it is enough to
// read what was appended.
void DiskPromises::refresh(std::int32_t broker, Disk& disk) const {
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string_view> found;
  for (const auto& name : machines_.list(broker, "", true))
    if (auto numbers = HardStateStore::numbers_of(name)) found.emplace(*numbers, machines_.content(broker, name, true));
  auto as_known = [&](const auto& now, const auto& known) {
    bool last_life = now.first.first == found.rbegin()->first.first;
    return now.first == known.first &&
           (last_life ? now.second.starts_with(std::string_view(known.second.content).substr(0, known.second.read))
                      : now.second == known.second.content);
  };
  if (!std::equal(found.begin(), found.end(), disk.files.begin(), disk.files.end(), as_known)) disk = {};
  for (const auto& [numbers, content] : found) {
    auto& file = disk.files[numbers];
    if (file.content == content) continue;
    file.content = content;
    file.read += HardStateStore::apply(Bytes::copy_of(content.substr(file.read)), disk.states);
  }
}

}  // namespace fulmar
