// ImageTopics: the topics of an image of the metadata, as coordinators of groups see them. Of one shard.
#pragma once

#include <utility>

#include "broker/cluster/metadata_image.h"
#include "broker/groups/group_topics.h"

namespace fulmar {

class ImageTopics final : public GroupTopics {
 public:
  explicit ImageTopics(MetadataImagePtr image) : image_(std::move(image)) {}

  std::optional<Topic> find(const std::string& name) const override;
  std::string name_of(const Uuid& id) const override { return image_->topic_name(id); }
  std::vector<std::string> names_after(const std::string& name, std::size_t limit) const override;

 private:
  MetadataImagePtr image_;
  // Where the last question ended, since the next goes on there as a rule.
  mutable std::string last_name_;
  mutable decltype(MetadataImage::topics)::Iterator last_;
};

}  // namespace fulmar
