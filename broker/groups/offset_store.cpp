#include "broker/groups/offset_store.h"

#include <algorithm>
#include <utility>

#include "runtime/base/assert.h"

namespace fulmar {

const OffsetCommitValue* OffsetStore::Slot::latest() const {
  const auto& value = appended.empty() ? committed : appended.back().value;
  return value ? &*value : nullptr;
}

OffsetStore::Slot& OffsetStore::make(const OffsetCommitKey& key) {
  auto [entry, inserted] = groups_[key.group_id][key.topic].try_emplace(key.partition);
  if (inserted) ++by_topic_[key.topic][key.group_id];
  return entry->second;
}

OffsetStore::Slot* OffsetStore::find(const OffsetCommitKey& key) {
  return const_cast<Slot*>(slot(key.group_id, key.topic, key.partition));
}

void OffsetStore::tidy(const OffsetCommitKey& key) {
  auto topics = groups_.find(key.group_id);
  auto partitions = topics->second.find(key.topic);
  auto entry = partitions->second.find(key.partition);
  if (entry->second.committed || !entry->second.appended.empty()) return;
  partitions->second.erase(entry);
  if (partitions->second.empty()) topics->second.erase(partitions);
  if (topics->second.empty()) groups_.erase(topics);
  auto having = by_topic_.find(key.topic);
  auto count = having->second.find(key.group_id);
  if (--count->second == 0) having->second.erase(count);
  if (having->second.empty()) by_topic_.erase(having);
}

void OffsetStore::load(const OffsetRecord& record, std::uint64_t as) {
  if (!record.value && !find(record.key)) return;
  auto& slot = make(record.key);
  slot.committed = record.value;
  slot.loaded_as = as;
  tidy(record.key);
}

void OffsetStore::settle(const OffsetCommitKey& key, const Slot& ended) {
  auto& slot = make(key);
  if (slot.committed && std::pair(slot.committed_by, slot.loaded_as) > std::pair(ended.committed_by, ended.loaded_as))
    return;
  slot.committed = ended.committed;
  slot.committed_by = ended.committed_by;
  slot.loaded_as = ended.loaded_as;
}

void OffsetStore::append(const OffsetRecord& record, AppendId append) {
  auto& appended = make(record.key).appended;
  FULMAR_ASSERT(appended.empty() || appended.back().append <= append);
  appended.push_back({append, record.value});
}

void OffsetStore::commit(const OffsetCommitKey& key, AppendId append) {
  Slot* slot = find(key);
  FULMAR_ASSERT(slot && !slot->appended.empty() && slot->appended.front().append == append);
  slot->committed = std::move(slot->appended.front().value);
  slot->committed_by = append;
  slot->appended.pop_front();
  tidy(key);
}

void OffsetStore::drop(const OffsetCommitKey& key, AppendId append) {
  Slot* slot = find(key);
  FULMAR_ASSERT(slot);
  auto change = std::ranges::find(slot->appended, append, &Slot::Change::append);
  FULMAR_ASSERT(change != slot->appended.end());
  slot->appended.erase(change);
  tidy(key);
}

void OffsetStore::clear() {
  groups_.clear();
  by_topic_.clear();
}

const OffsetStore::Slot* OffsetStore::slot(const std::string& group, const std::string& topic,
                                           std::int32_t partition) const {
  auto topics = groups_.find(group);
  if (topics == groups_.end()) return nullptr;
  auto partitions = topics->second.find(topic);
  if (partitions == topics->second.end()) return nullptr;
  auto found = partitions->second.find(partition);
  return found == partitions->second.end() ? nullptr : &found->second;
}

const OffsetCommitValue* OffsetStore::committed(const std::string& group, const std::string& topic,
                                                std::int32_t partition) const {
  const Slot* found = slot(group, topic, partition);
  return found && found->committed ? &*found->committed : nullptr;
}

const OffsetStore::Topics* OffsetStore::of(const std::string& group) const {
  auto topics = groups_.find(group);
  return topics == groups_.end() ? nullptr : &topics->second;
}

std::vector<std::string> OffsetStore::groups_with(const std::string& topic, const std::optional<std::string>& after,
                                                  std::size_t limit) const {
  std::vector<std::string> groups;
  auto having = by_topic_.find(topic);
  if (having == by_topic_.end()) return groups;
  auto group = after ? having->second.upper_bound(*after) : having->second.begin();
  for (; group != having->second.end() && groups.size() < limit; ++group) groups.push_back(group->first);
  return groups;
}

}  // namespace fulmar
