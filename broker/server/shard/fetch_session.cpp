#include "broker/server/shard/fetch_session.h"

namespace fulmar {

namespace {

// With its place and key; as if no other shared its name.
std::size_t bytes_of(const FetchTarget& target) {
  return 250 + target.topic().size();
}

}  // namespace

std::list<FetchTarget> fetch_targets(const MetadataImage& image, const FetchRequest& request, std::int16_t version) {
  bool by_id = version >= fetch_by_id_since;
  std::list<FetchTarget> targets;
  std::map<std::tuple<Uuid, std::string_view, std::int32_t>, FetchTarget*> places;
  for (const auto& topic : request.topics) {
    auto name = std::make_shared<const std::string>(by_id ? image.topic_name(topic.topic_id) : topic.name);
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
  for (auto place = targets_.begin(); place != targets_.end(); ++place) {
    places_.emplace(key_of(*place), place);
    bytes_ += bytes_of(*place);
  }
}

FetchSession::Key FetchSession::key_of(std::string_view topic, const Uuid& topic_id, std::int32_t index) const {
  return {topic_id, by_id ? std::string_view() : topic, index};
}

void FetchSession::update(const MetadataImage& image, const FetchRequest& request, std::int16_t version) {
  for (auto& wanted : fetch_targets(image, request, version)) {
    auto [known, is_new] = places_.try_emplace(key_of(wanted));
    if (is_new) {
      bytes_ += bytes_of(wanted);
      known->second = targets_.insert(targets_.end(), std::move(wanted));
    } else {
      known->second->request = wanted.request;
    }
  }
  for (const auto& forgotten : request.forgotten_topics) {
    for (auto index : forgotten.partitions) {
      auto known = places_.find(key_of(forgotten.name, forgotten.topic_id, index));
      if (known == places_.end()) continue;
      bytes_ -= bytes_of(*known->second);
      auto place = known->second;
      places_.erase(known);  // the key is a view of the target's name
      targets_.erase(place);
    }
  }
}

void FetchSession::answered(const FetchTarget& target, const FetchResponse::Topic::Partition& answer) {
  auto known = places_.find(key_of(target));
  if (known == places_.end()) return;
  known->second->known_high_watermark = answer.high_watermark;
  known->second->known_log_start = answer.log_start_offset;
  if (!answer.records.empty()) targets_.splice(targets_.end(), targets_, known->second);
}

FetchSession* FetchSessions::create(std::list<FetchTarget> targets, bool by_id) {
  std::size_t bytes = 0;
  for (const auto& target : targets) bytes += bytes_of(target);
  if (sessions_max_ == 0 || bytes > bytes_max_) return nullptr;
  while (by_id_.size() >= sessions_max_ || bytes_ + bytes > bytes_max_) remove(by_use_.back().id);
  std::int32_t id = 0;
  while (id == 0 || by_id_.contains(id)) id = static_cast<std::int32_t>(entropy_.next() & 0x7fffffff);
  bytes_ += bytes;
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

bool FetchSessions::update(FetchSession& session, const MetadataImage& image, const FetchRequest& request,
                           std::int16_t version) {
  bytes_ -= session.bytes();
  session.update(image, request, version);
  bytes_ += session.bytes();
  while (bytes_ > bytes_max_ && by_use_.back().id != session.id) remove(by_use_.back().id);
  if (bytes_ <= bytes_max_) return true;
  remove(session.id);
  return false;
}

void FetchSessions::remove(std::int32_t id) {
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  bytes_ -= found->second->bytes();
  by_use_.erase(found->second);
  by_id_.erase(found);
}

}  // namespace fulmar
