#include "broker/protocol/compressor.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "broker/protocol/endian.h"
#include "broker/protocol/snappy_decompressor.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr std::size_t step_bytes = std::size_t{16} << 10;
constexpr std::size_t xerial_block_bytes = std::size_t{32} << 10;
constexpr int lz4_fast_level = 9;  // Kafka's default, which selects the fast method
constexpr int lz4_level_max = 12;  // of the library; Java's five higher levels are equal to it

class PlainCopy final : public Compressor {
 public:
  explicit PlainCopy(std::size_t size_max) : Compressor(size_max) {}

 private:
  void pack(std::string_view plain) override {
    std::memcpy(room(plain.size()), plain.data(), plain.size());
    used(plain.size());
  }
};

class GzipCompressor final : public Compressor {
 public:
  GzipCompressor(int level, std::size_t size_max) : Compressor(size_max) {
    FULMAR_ASSERT(deflateInit2(&stream_, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~GzipCompressor() override { deflateEnd(&stream_); }

 private:
  void pack(std::string_view plain) override {
    while (!plain.empty()) {
      auto piece = plain.substr(0, step_bytes);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      stream_.avail_in = static_cast<uInt>(piece.size());
      while (stream_.avail_in > 0) run(Z_NO_FLUSH);
      plain.remove_prefix(piece.size());
    }
  }
  void end() override {
    while (run(Z_FINISH) != Z_STREAM_END) continue;
  }
  int run(int flush) {
    stream_.next_out = reinterpret_cast<Bytef*>(room(step_bytes));
    stream_.avail_out = static_cast<uInt>(step_bytes);
    auto status = deflate(&stream_, flush);
    FULMAR_ASSERT(status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR);
    used(step_bytes - stream_.avail_out);
    return status;
  }

  z_stream stream_{};
};

class SnappyCompressor final : public Compressor {
 public:
  explicit SnappyCompressor(std::size_t size_max) : Compressor(size_max) {
    std::memcpy(room(xerial_header.size()), xerial_header.data(), xerial_header.size());
    used(xerial_header.size());
  }

 private:
  void pack(std::string_view plain) override {
    while (!plain.empty()) {
      auto piece = plain.substr(0, xerial_block_bytes - block_.size());
      block_.append(piece);
      plain.remove_prefix(piece.size());
      if (block_.size() == xerial_block_bytes) write_block();
    }
  }
  void end() override {
    if (!block_.empty()) write_block();
  }
  void write_block() {
    auto size = snappy_max_compressed_length(block_.size());
    char* to = room(4 + size);
    FULMAR_ASSERT(snappy_compress(block_.data(), block_.size(), to + 4, &size) == SNAPPY_OK);
    store_big(to, static_cast<std::int32_t>(size));
    used(4 + size);
    block_.clear();
  }

  std::string block_;
};

class Lz4Compressor final : public Compressor {
 public:
  Lz4Compressor(int level, std::size_t size_max) : Compressor(size_max) {
    preferences_.frameInfo.blockMode = LZ4F_blockIndependent;
    preferences_.compressionLevel = level == lz4_fast_level ? 0 : std::min(level, lz4_level_max);
    FULMAR_ASSERT(!LZ4F_isError(LZ4F_createCompressionContext(&context_, LZ4F_VERSION)));
    auto made = LZ4F_compressBegin(context_, room(LZ4F_HEADER_SIZE_MAX), LZ4F_HEADER_SIZE_MAX, &preferences_);
    FULMAR_ASSERT(!LZ4F_isError(made));
    used(made);
  }
  ~Lz4Compressor() override { LZ4F_freeCompressionContext(context_); }

 private:
  void pack(std::string_view plain) override {
    while (!plain.empty()) {
      auto piece = plain.substr(0, step_bytes);
      auto bound = LZ4F_compressBound(piece.size(), &preferences_);
      auto made = LZ4F_compressUpdate(context_, room(bound), bound, piece.data(), piece.size(), nullptr);
      FULMAR_ASSERT(!LZ4F_isError(made));
      used(made);
      plain.remove_prefix(piece.size());
    }
  }
  void end() override {
    auto bound = LZ4F_compressBound(0, &preferences_);
    auto made = LZ4F_compressEnd(context_, room(bound), bound, nullptr);
    FULMAR_ASSERT(!LZ4F_isError(made));
    used(made);
  }

  LZ4F_preferences_t preferences_{};
  LZ4F_cctx* context_ = nullptr;
};

class ZstdCompressor final : public Compressor {
 public:
  ZstdCompressor(int level, std::size_t size_max, std::optional<std::size_t> plain_size)
      : Compressor(size_max), context_(ZSTD_createCStream()) {
    FULMAR_ASSERT(context_ != nullptr);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
    if (plain_size) ZSTD_CCtx_setPledgedSrcSize(context_, *plain_size);
  }
  ~ZstdCompressor() override { ZSTD_freeCStream(context_); }

 private:
  void pack(std::string_view plain) override {
    ZSTD_inBuffer in{plain.data(), plain.size(), 0};
    while (in.pos < in.size) run(in, ZSTD_e_continue);
  }
  void end() override {
    ZSTD_inBuffer in{nullptr, 0, 0};
    while (run(in, ZSTD_e_end) != 0) continue;
  }
  std::size_t run(ZSTD_inBuffer& in, ZSTD_EndDirective directive) {
    ZSTD_outBuffer out{room(step_bytes), step_bytes, 0};
    auto left = ZSTD_compressStream2(context_, &out, &in, directive);
    FULMAR_ASSERT(!ZSTD_isError(left));
    used(out.pos);
    return left;
  }

  ZSTD_CStream* context_;
};

}  // namespace

char* Compressor::room(std::size_t count) {
  packed_.resize(size_ + count);
  return packed_.data() + size_;
}

std::unique_ptr<Compressor> make_compressor(Compression codec, const CompressionLevels& levels, std::size_t size_max,
                                            std::optional<std::size_t> plain_size) {
  switch (codec) {
    case Compression::none: return std::make_unique<PlainCopy>(size_max);
    case Compression::gzip: return std::make_unique<GzipCompressor>(levels.gzip, size_max);
    case Compression::snappy: return std::make_unique<SnappyCompressor>(size_max);
    case Compression::lz4: return std::make_unique<Lz4Compressor>(levels.lz4, size_max);
    case Compression::zstd: return std::make_unique<ZstdCompressor>(levels.zstd, size_max, plain_size);
  }
  FULMAR_UNREACHABLE();
}

std::size_t compression_memory(Compression codec) {
  switch (codec) {
    case Compression::none: return 0;
    case Compression::gzip: return std::size_t{256} << 10;
    case Compression::snappy: return std::size_t{128} << 10;
    case Compression::lz4: return std::size_t{512} << 10;
    case Compression::zstd: return std::size_t{4} << 20;
  }
  return 0;
}

}  // namespace fulmar
