#include "broker/server/shard/fetch_session.h"

namespace fulmar {

std::list<FetchTarget> fetch_targets(const MetadataImage& image, const FetchRequest& request, std::int16_t version) {
  bool by_id = version >= fetch_by_id_since;
  std::list<FetchTarget> targets;
  std::map<std::tuple<Uuid, std::string_view, std::int32_t>, FetchTarget*> places;
  for (const auto& topic : request.topics) {
    auto name = by_id ? image.topic_name(topic.topic_id) : topic.name;  // empty for an unknown id
    for (const auto& partition : topic.partitions) {
      auto& place = places[{topic.topic_id, by_id ? std::string_view() : topic.name, partition.index}];
      if (place)
        place->request = partition;
      else
        place = &targets.emplace_back(name, topic.topic_id, partition);
    }
  }
  return targets;
}

FetchSession::FetchSession(std::int32_t session_id, std::list<FetchTarget> targets, bool named_by_id)
    : id(session_id), by_id(named_by_id), targets_(std::move(targets)) {
  for (auto place = targets_.begin(); place != targets_.end(); ++place)
    places_.emplace(key_of(place->topic, place->topic_id, place->request.index), place);
}

FetchSession::Key FetchSession::key_of(const std::string& topic, const Uuid& topic_id, std::int32_t index) const {
  return {topic_id, by_id ? std::string() : topic, index};
}

void FetchSession::update(const MetadataImage& image, const FetchRequest& request, std::int16_t version) {
  for (auto& wanted : fetch_targets(image, request, version)) {
    auto [known, is_new] = places_.try_emplace(key_of(wanted.topic, wanted.topic_id, wanted.request.index));
    if (is_new)
      known->second = targets_.insert(targets_.end(), std::move(wanted));
    else
      known->second->request = wanted.request;
  }
  for (const auto& forgotten : request.forgotten_topics) {
    for (auto index : forgotten.partitions) {
      auto known = places_.find(key_of(forgotten.name, forgotten.topic_id, index));
      if (known == places_.end()) continue;
      targets_.erase(known->second);
      places_.erase(known);
    }
  }
}

void FetchSession::answered(const FetchTarget& target, const FetchResponse::Topic::Partition& answer) {
  auto known = places_.find(key_of(target.topic, target.topic_id, target.request.index));
  if (known == places_.end()) return;
  known->second->known_high_watermark = answer.high_watermark;
  known->second->known_log_start = answer.log_start_offset;
  if (!answer.records.empty()) targets_.splice(targets_.end(), targets_, known->second);
}

FetchSession* FetchSessions::create(std::list<FetchTarget> targets, bool by_id) {
  if (sessions_max_ == 0) return nullptr;
  if (by_id_.size() >= sessions_max_) remove(by_use_.back().id);
  std::int32_t id = 0;
  while (id == 0 || by_id_.contains(id)) id = static_cast<std::int32_t>(entropy_.next() & 0x7fffffff);
  by_use_.emplace_front(id, std::move(targets), by_id);
  by_id_.emplace(id, by_use_.begin());
  return &by_use_.front();
}

FetchSession* FetchSessions::find(std::int32_t id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return &by_use_.front();
}

void FetchSessions::remove(std::int32_t id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  by_use_.erase(found->second);
  by_id_.erase(found);
}

}  // namespace fulmar
