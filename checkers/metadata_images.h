// Checks the brokers' images of the cluster's metadata: all are of one history, none goes back while its broker runs,
// and none breaks an invariant (broker/cluster/image_invariants.h).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "broker/cluster/metadata_image.h"
#include "checkers/history.h"

namespace fulmar {

class MetadataImages {
 public:
  explicit MetadataImages(std::function<Instant()> now) : now_(std::move(now)) {}

  void shows(const ReplicaId& self, const MetadataImage& image);
  void ended(std::int32_t broker);
  // Since when the images of a broker, in its present run, have shown `other` as fenced; nullopt: the latest image does
  // not.
  std::optional<Instant> fenced_since(std::int32_t broker, std::int32_t other) const;
  const Violations& violations() const { return violations_; }

 private:
  std::function<Instant()> now_;
  std::map<Offset, MetadataImage> history_;                         // by offset
  std::map<std::int32_t, Offset> shown_;                            // by running brokers
  std::map<std::int32_t, std::map<std::int32_t, Instant>> fenced_;  // by running brokers: whom they show as fenced
  std::map<Uuid, std::string> topics_;                              // every id ever seen, and its topic's name
  std::map<Uuid, Offset> gone_;                                     // ids of deleted topics
  Violations violations_;
};

}  // namespace fulmar
