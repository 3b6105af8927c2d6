#include "checkers/replication/shadow_log.h"

#include <algorithm>
#include <charconv>

namespace fulmar {

namespace {

std::optional<Offset> segment_base(std::string_view name) {
  Offset base = -1;
  if (!name.ends_with(".log")) return std::nullopt;
  name.remove_suffix(4);
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), base);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return base;
}

}  // namespace

ShadowBatch shadow_of(const BatchHeader& header) {
  bool transactional = header.transactional() && header.record_count > 0;
  return {header.base_offset,
          header.next_offset(),
          header.leader_epoch,
          header.crc,
          transactional ? header.producer_id : no_producer_id,
          header.control(),
          header.producer_epoch,
          header.record_count == 0};
}

std::string to_string(const ShadowBatch& batch) {
  return std::to_string(batch.base) + ".." + std::to_string(batch.next) + " of epoch " + std::to_string(batch.epoch);
}

std::string ShadowLog::path_of(Offset segment) const {
  auto digits = std::to_string(segment);
  return directory_ + "/" + std::string(20 - digits.size(), '0') + digits + ".log";
}

std::string ShadowLog::load(const Machines& machines, const ShadowForms& forms) {
  batches_.clear();
  transactions_.clear();
  segments_.clear();
  for (const auto& name : machines.list(broker_, directory_, false)) {
    auto base = segment_base(name);
    if (!base) continue;
    auto path = directory_ + "/" + name;
    auto content = machines.content(broker_, path, false);
    if (!batches_.empty() && batches_.rbegin()->second.next != *base)
      return path + " begins at another offset than the segment before it ends at";
    for (std::size_t at = 0; at < content.size();) {
      auto header = read_batch_header(content.substr(at));
      if (!header || header->size() > content.size() - at)
        return path + " has no whole batch at position " + std::to_string(at);
      auto end = batches_.empty() ? header->base_offset : batches_.rbegin()->second.next;
      bool follows =
          end == header->base_offset || (end < header->base_offset && forms.is_hole(end, header->base_offset));
      if (!follows)
        return path + " has a gap at position " + std::to_string(at) + ", between " +
               std::to_string(batches_.rbegin()->second.next) + " and " + std::to_string(header->base_offset);
      auto batch = forms.original(shadow_of(*header));
      batches_.emplace_hint(batches_.end(), header->base_offset, batch);
      note_transaction(batch);
      at += header->size();
    }
    if (segments_.empty()) place_ = {*base, 0, *base};
    segments_.push_back(*base);
  }
  if (!segments_.empty()) segments_.resize(1);
  return "";
}

void ShadowLog::append(const ShadowBatch& batch) {
  if (batches_.empty() && segments_.empty()) {
    segments_ = {batch.base};
    place_ = {batch.base, 0, batch.base};
  }
  batches_.insert_or_assign(batch.base, batch);
  note_transaction(batch);
}

void ShadowLog::note_transaction(const ShadowBatch& batch) {
  if (batch.transaction_of != no_producer_id)
    transactions_.note(batch.base, batch.transaction_of, batch.producer_epoch, batch.is_marker);
}

void ShadowLog::truncate(Offset offset) {
  auto first = batches_.lower_bound(offset);
  if (first != batches_.begin() && std::prev(first)->second.next > offset) --first;
  bool any = std::any_of(first, batches_.end(),
                         [](const auto& entry) { return entry.second.transaction_of != no_producer_id; });
  batches_.erase(first, batches_.end());
  if (any) {
    transactions_.clear();
    for (const auto& [base, batch] : batches_) note_transaction(batch);
  }
  if (place_.next <= offset && place_.segment < offset) return;  // a segment that begins there is removed
  while (segments_.size() > 1 && segments_.back() >= offset) segments_.pop_back();
  if (!segments_.empty()) place_ = {segments_.back(), 0, segments_.back()};
}

void ShadowLog::start_over(Offset offset) {
  batches_.clear();
  transactions_.clear();
  segments_ = {offset};
  place_ = {offset, 0, offset};
}

void ShadowLog::rewrite(Offset base, Offset end) {
  std::erase_if(segments_, [&](Offset segment) { return segment > base && segment < end; });
  if (place_.segment >= base && place_.segment < end) place_ = {end, 0, end};
}

bool ShadowLog::has(const ShadowBatch& batch) const {
  auto found = batches_.find(batch.base);
  return found != batches_.end() && found->second == batch;
}

const ShadowBatch* ShadowLog::before(Offset offset) const {
  auto after = batches_.lower_bound(offset);
  return after == batches_.begin() ? nullptr : &std::prev(after)->second;
}

Offset ShadowLog::durable_end(const Machines& machines, const ShadowForms& forms, Offset wanted) {
  while (place_.next < wanted) {
    auto content = machines.content(broker_, path_of(place_.segment), true);
    if (content.empty()) {
      // Retention and DeleteRecords remove segments from the front.
      auto gone = [&] {
        auto there = machines.list(broker_, directory_, false);
        return std::none_of(there.begin(), there.end(),
                            [&](const std::string& name) { return segment_base(name) == place_.segment; });
      };
      auto names = machines.list(broker_, directory_, true);
      auto next = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
        auto base = segment_base(name);
        return base && *base > place_.segment;
      });
      if (next == names.end() || !gone()) break;
      auto base = *segment_base(*next);
      segments_ = {base};
      place_ = {base, 0, base};
      continue;
    }
    auto header = read_batch_header(content.substr(std::min(place_.position, content.size())));
    // After a power loss, what is left may be torn.
    bool whole = header && place_.position + header->size() <= content.size() &&
                 has(forms.original(shadow_of(*header))) &&
                 batch_crc_matches(content.substr(place_.position, header->size()));
    if (whole) {
      place_.position += header->size();
      place_.next = header->next_offset();
    } else if (place_.next > place_.segment && !machines.content(broker_, path_of(place_.next), true).empty()) {
      place_ = {place_.next, 0, place_.next};
      segments_.push_back(place_.segment);
    } else {
      break;
    }
  }
  return place_.next;
}

}  // namespace fulmar
