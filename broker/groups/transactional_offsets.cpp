#include "broker/groups/transactional_offsets.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "runtime/base/assert.h"
#include "runtime/base/mark.h"

namespace fulmar {

OffsetStore::Slot& TransactionalOffsets::make(ProducerId producer, const OffsetCommitKey& key) {
  producers_of_[key].insert(producer);
  return producers_[producer][key];
}

void TransactionalOffsets::tidy(ProducerId producer, const OffsetCommitKey& key) {
  auto offsets = producers_.find(producer);
  auto slot = offsets->second.find(key);
  if (slot->second.committed || !slot->second.appended.empty()) return;
  offsets->second.erase(slot);
  if (offsets->second.empty()) producers_.erase(offsets);
  auto producers = producers_of_.find(key);
  producers->second.erase(producer);
  if (producers->second.empty()) producers_of_.erase(producers);
}

void TransactionalOffsets::load(ProducerId producer, const OffsetRecord& record, std::uint64_t as) {
  auto& slot = make(producer, record.key);
  slot.committed = record.value;
  slot.loaded_as = as;
}

void TransactionalOffsets::append(ProducerId producer, const OffsetRecord& record, AppendId append) {
  make(producer, record.key).appended.push_back({append, record.value});
}

void TransactionalOffsets::commit(ProducerId producer, const OffsetCommitKey& key, AppendId append) {
  auto& slot = producers_.at(producer).at(key);
  FULMAR_ASSERT(!slot.appended.empty() && slot.appended.front().append == append);
  slot.committed = std::move(slot.appended.front().value);
  slot.committed_by = append;
  slot.appended.pop_front();
}

void TransactionalOffsets::drop(ProducerId producer, const OffsetCommitKey& key, AppendId append) {
  auto& appended = producers_.at(producer).at(key).appended;
  auto change = std::ranges::find(appended, append, &OffsetStore::Slot::Change::append);
  FULMAR_ASSERT(change != appended.end());
  appended.erase(change);
  tidy(producer, key);
}

void TransactionalOffsets::clear() {
  producers_.clear();
  producers_of_.clear();
}

TransactionalOffsets::Offsets TransactionalOffsets::end(ProducerId producer) {
  Offsets ended;
  auto offsets = producers_.find(producer);
  if (offsets == producers_.end()) return ended;
  for (auto& [key, slot] : offsets->second) {
    if (!slot.committed) continue;
    ended.emplace(
        key, OffsetStore::Slot{std::exchange(slot.committed, std::nullopt), slot.committed_by, slot.loaded_as, {}});
  }
  for (const auto& [key, slot] : ended) tidy(producer, key);
  return ended;
}

void TransactionalOffsets::forget(const OffsetCommitKey& key, AppendId append) {
  auto known = producers_of_.find(key);
  if (known == producers_of_.end()) return;
  for (auto producer : std::set(known->second)) {
    auto& slot = producers_.at(producer).at(key);
    FULMAR_MARK("groups: pending offset of a transaction forgotten");
    if (slot.committed_by < append) slot.committed.reset();
    tidy(producer, key);
  }
}

bool TransactionalOffsets::has_group(const std::string& group) const {
  auto first = producers_of_.lower_bound({group, "", std::numeric_limits<std::int32_t>::min()});
  return first != producers_of_.end() && first->first.group_id == group;
}

std::vector<OffsetCommitKey> TransactionalOffsets::keys_of(const std::string& group) const {
  std::vector<OffsetCommitKey> keys;
  auto entry = producers_of_.lower_bound({group, "", std::numeric_limits<std::int32_t>::min()});
  for (; entry != producers_of_.end() && entry->first.group_id == group; ++entry) keys.push_back(entry->first);
  return keys;
}

std::vector<OffsetCommitKey> TransactionalOffsets::keys_with(const std::string& topic) const {
  std::vector<OffsetCommitKey> keys;
  for (const auto& [key, producers] : producers_of_)
    if (key.topic == topic) keys.push_back(key);
  return keys;
}

}  // namespace fulmar
