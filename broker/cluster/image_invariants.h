// ImageInvariants: what must hold of an image of the metadata, by itself and against an earlier image of the same
// cluster, whatever clients and brokers ask of the controller (as RaftInvariants is of a replica's core).
//
// Tests that build images check them after each record, and the checker of a simulated life with each image that a
// broker shows. A broker in production checks only the partitions of what it reads: a record with a broken one is
// corrupt (metadata_codec.h).
#pragma once

#include <optional>
#include <string_view>

#include "broker/cluster/metadata_image.h"

namespace fulmar {

class ImageInvariants {
 public:
  // Each returns the first invariant that is broken, in words; nullopt: none.

  // Takes time in the number of replicas, squared.
  static std::optional<std::string_view> broken_in(const PartitionImage& partition);
  // Takes time in the size of the image.
  static std::optional<std::string_view> broken_in(const MetadataImage& image);
  // `after` has all records that `before` has, and perhaps more; images between the two may be missing. Takes time in
  // the brokers and the topics that differ.
  static std::optional<std::string_view> broken_between(const MetadataImage& before, const MetadataImage& after);
};

}  // namespace fulmar
