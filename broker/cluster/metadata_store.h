// MetadataStore: the metadata of a broker that is a cluster by itself, on its disk. Each change is durable before it is
// told.
//
// The whole image is one small file, replaced atomically. A cluster of several brokers will keep a replicated log of
// changes in its place; what stands above sees only images.
#pragma once

#include "broker/cluster/metadata_image.h"
#include "runtime/fiber/mutex.h"
#include "runtime/host/disk.h"
#include "runtime/host/entropy.h"

namespace fulmar {

class MetadataStore {
 public:
  explicit MetadataStore(Disk& disk) : disk_(disk) {}

  // Reads what is there, or begins a new cluster. Errors: corrupt, io_error, no_space.
  Result<void> open(Entropy& entropy);
  MetadataImagePtr image() const { return image_; }

  // Makes `next` the metadata, for good once this returns. One at a time: hold changing() from reading the image on.
  Result<void> commit(MetadataImage next);
  Mutex& changing() { return changing_; }

 private:
  Disk& disk_;
  MetadataImagePtr image_;
  Mutex changing_;
};

Uuid random_uuid(Entropy& entropy);

}  // namespace fulmar
