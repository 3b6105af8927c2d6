// ImageTopics: the topics of a metadata image, for group coordinators. Used on one shard.
#pragma once

#include <utility>

#include "broker/cluster/metadata_image.h"
#include "broker/groups/group_topics.h"
#include "broker/security/authorizer.h"

namespace fulmar {

class ImageTopics final : public GroupTopics {
 public:
  // `settings` must outlive it.
  ImageTopics(MetadataImagePtr image, const AuthorizerSettings& settings)
      : image_(std::move(image)), settings_(settings) {}

  std::optional<Topic> find(const std::string& name) const override;
  std::string name_of(const Uuid& id) const override { return image_->topic_name(id); }
  std::vector<std::string> names_after(const std::string& name, std::size_t limit) const override;
  bool are_guarded() const override { return settings_.enabled; }
  bool may_describe(const Asker& asker, const std::string& topic) const override;

 private:
  MetadataImagePtr image_;
  const AuthorizerSettings& settings_;
  // Where the last names_after() ended: the next usually continues there.
  mutable std::string last_name_;
  mutable decltype(MetadataImage::topics)::Iterator last_;
};

}  // namespace fulmar
