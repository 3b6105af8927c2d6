#include "checkers/metadata_images.h"

#include "broker/cluster/image_invariants.h"
#include "broker/cluster/metadata_codec.h"

namespace fulmar {

void MetadataImages::shows(const ReplicaId& self, const MetadataImage& image) {
  auto report = [&](const char* anomaly, const std::string& what) {
    violations_.push_back({"one metadata history", anomaly,
                           "broker " + std::to_string(self.broker) + " shows the metadata at offset " +
                               std::to_string(image.offset) + ": " + what,
                           now_()});
  };
  auto [before, first] = shown_.try_emplace(self.broker, image.offset);
  if (!first && before->second > image.offset)
    report("image-back", "it showed those at " + std::to_string(before->second) + " before");
  before->second = image.offset;
  auto& fenced = fenced_[self.broker];
  std::erase_if(fenced, [&](const auto& entry) {
    auto registered = image.brokers.find(entry.first);
    return registered == image.brokers.end() || !registered->second.fenced;
  });
  for (const auto& [id, broker] : image.brokers)
    if (broker.fenced) fenced.try_emplace(id, now_());
  auto [known, fresh] = history_.try_emplace(image.offset, image);
  if (!fresh) {
    if (known->second != image)
      report("two-histories", to_text(image) + "\nwhere another broker has\n" + to_text(known->second));
    return;
  }
  if (auto broken = ImageInvariants::broken_in(image)) report("broken-image", std::string(*broken));
  // All brokers show parts of one history: what is next to it in that need not be of this broker.
  auto check_step = [&](const auto& earlier, const auto& later) {
    if (auto broken = ImageInvariants::broken_between(earlier.second, later.second))
      report("broken-image", std::string(*broken) + ", from offset " + std::to_string(earlier.first) + " to " +
                                 std::to_string(later.first));
  };
  if (known != history_.begin()) check_step(*std::prev(known), *known);
  if (auto next = std::next(known); next != history_.end()) check_step(*known, *next);
  for (const auto& [name, topic] : image.topics) {
    auto [owner, unseen] = topics_.try_emplace(topic.id, name);
    if (!unseen && owner->second != name) report("id-twice", name + " has the id of " + owner->second);
    if (auto gone = gone_.find(topic.id); gone != gone_.end() && gone->second < image.offset)
      report("undeleted", name + " was deleted before offset " + std::to_string(gone->second));
  }
  for (const auto& [id, name] : topics_)
    if (image.topic_name(id).empty() && known != history_.begin()) {
      // Gone if an earlier image had it.
      bool earlier = !std::prev(known)->second.topic_name(id).empty();
      if (earlier) gone_.try_emplace(id, image.offset);
    }
}

void MetadataImages::ended(std::int32_t broker) {
  shown_.erase(broker);
  fenced_.erase(broker);
}

std::optional<Instant> MetadataImages::fenced_since(std::int32_t broker, std::int32_t other) const {
  auto shown = fenced_.find(broker);
  if (shown == fenced_.end()) return std::nullopt;
  auto fenced = shown->second.find(other);
  return fenced == shown->second.end() ? std::nullopt : std::optional(fenced->second);
}

}  // namespace fulmar
