// Compressor: compresses bytes piece by piece, so that the caller can let other fibers run in between.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "broker/protocol/record_batch.h"

namespace fulmar {

// Compression levels. Names, ranges and defaults are Kafka's (KIP-390).
struct CompressionLevels {
  int gzip = -1;  // compression.gzip.level: 1 to 9; -1: zlib's own default
  int lz4 = 9;    // compression.lz4.level: 1 to 17; 9 selects the fast method
  int zstd = 3;   // compression.zstd.level: up to 22

  bool operator==(const CompressionLevels&) const = default;
};

class Compressor {
 public:
  virtual ~Compressor() = default;

  void add(std::string_view plain) {
    if (!too_large()) pack(plain);
  }
  // Returns the compressed form, which every client can read: one gzip member, snappy in xerial's blocks, one lz4 frame
  // of independent blocks, or one zstd frame. nullopt: it is too large. To be called once, at the end.
  std::optional<std::string> finish() {
    if (!too_large()) end();
    if (too_large()) return std::nullopt;
    return std::move(packed_);
  }

 protected:
  explicit Compressor(std::size_t size_max) : size_max_(size_max) {}
  virtual void pack(std::string_view plain) = 0;
  virtual void end() {}
  // Room for `count` more bytes, of which used() takes the first.
  char* room(std::size_t count);
  void used(std::size_t count) { packed_.resize(size_ += count); }

 private:
  bool too_large() const { return size_ > size_max_; }

  std::size_t size_max_;
  std::size_t size_ = 0;
  std::string packed_;
};

// `size_max`: the compressor stops storing output when it is known to be larger. `plain_size`: exactly how many bytes
// will be added, if known; a codec that allocates by it needs less memory.
std::unique_ptr<Compressor> make_compressor(Compression codec, const CompressionLevels& levels, std::size_t size_max,
                                            std::optional<std::size_t> plain_size = {});

// Approximately the memory that a compressor takes, without its output.
std::size_t compression_memory(Compression codec);

}  // namespace fulmar
