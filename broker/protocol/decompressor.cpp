#include "broker/protocol/decompressor.h"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "broker/protocol/snappy_decompressor.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

std::unexpected<Error> corrupt(const char* codec) {
  return fail(Errc::corrupt, std::string("bad ") + codec + " data");
}

// The common part of gzip, lz4 and zstd: compressed bytes go in, plain bytes come out into a window.
class Windowed : public Decompressor {
 public:
  Windowed(const char* codec, std::string_view packed)
      : codec_(codec), packed_(packed), window_(std::make_unique_for_overwrite<char[]>(decompression_step_bytes)) {}

  Result<std::string_view> next() override {
    FULMAR_ASSERT(!ended_);
    auto in = packed_.substr(0, decompression_step_bytes);
    FULMAR_TRY(auto done, step(in, window_.get(), decompression_step_bytes));
    packed_.remove_prefix(done.taken);
    if (done.ended && !packed_.empty()) return fail(Errc::corrupt, std::string("bytes after the ") + codec_ + " data");
    bool stuck = done.taken == 0 && done.made == 0;
    if (!done.ended && stuck) return fail(Errc::corrupt, std::string("the ") + codec_ + " data are cut short");
    ended_ = done.ended;
    return std::string_view(window_.get(), done.made);
  }
  bool ended() const override { return ended_; }

 protected:
  struct Step {
    std::size_t taken = 0;
    std::size_t made = 0;
    bool ended = false;  // the one frame has ended
  };
  virtual Result<Step> step(std::string_view in, char* out, std::size_t room) = 0;

  const char* codec_;

 private:
  std::string_view packed_;
  std::unique_ptr<char[]> window_;
  bool ended_ = false;
};

class GzipDecompressor final : public Windowed {
 public:
  explicit GzipDecompressor(std::string_view packed) : Windowed("gzip", packed) {
    FULMAR_ASSERT(inflateInit2(&stream_, 15 + 16) == Z_OK);
  }
  ~GzipDecompressor() override { inflateEnd(&stream_); }

 private:
  Result<Step> step(std::string_view in, char* out, std::size_t room) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(room);
    auto status = inflate(&stream_, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) return corrupt(codec_);
    return Step{in.size() - stream_.avail_in, room - stream_.avail_out, status == Z_STREAM_END};
  }

  z_stream stream_{};
};

constexpr std::size_t lz4_header_bytes = 7;  // of a frame without its size, which takes 8 more

// Checks the frame's descriptor, for which Java is stricter than lz4's own library. Null: accepted.
const char* refuse_lz4_frame(std::string_view packed) {
  if (packed.size() < lz4_header_bytes || !packed.starts_with("\x04\x22\x4d\x18")) return "not an lz4 frame";
  auto flags = static_cast<std::uint8_t>(packed[4]);
  if (flags >> 6 != 1) return "an lz4 frame of an unknown version";
  if (!(flags & 0x20)) return "lz4 blocks that depend on each other can't be read by every client";
  if (flags & 0x03) return "an lz4 frame with a dictionary or reserved flags";
  return nullptr;
}

class Lz4Decompressor final : public Windowed {
 public:
  // For a frame that refuse_lz4_frame() accepted.
  explicit Lz4Decompressor(std::string_view packed) : Windowed("lz4", packed), frame_(packed) {
    FULMAR_ASSERT(!LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)));
    auto flags = static_cast<std::uint8_t>(packed[4]);
    next_block_ = lz4_header_bytes + (flags & 0x08 ? 8 : 0);
    checksum_bytes_ = flags & 0x10 ? 4 : 0;
  }
  ~Lz4Decompressor() override { LZ4F_freeDecompressionContext(context_); }

 private:
  Result<Step> step(std::string_view in, char* out, std::size_t room) override {
    auto taken = in.size();
    auto made = room;
    auto hint = LZ4F_decompress(context_, out, &made, in.data(), &taken, nullptr);
    if (LZ4F_isError(hint)) return corrupt(codec_);
    taken_ += taken;
    if (has_empty_block()) return fail(Errc::corrupt, "an empty lz4 block can't be read by every client");
    return Step{taken, made, hint == 0};
  }

  // Java considers an empty uncompressed block the end of the frame, and fails at an empty compressed one.
  bool has_empty_block() {
    constexpr std::uint32_t uncompressed = std::uint32_t{1} << 31;
    while (next_block_ + 4 <= taken_) {
      std::uint32_t size = 0;
      for (std::size_t i = 0; i < 4; ++i)
        size |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(frame_[next_block_ + i])) << (8 * i);
      if (size == 0) return false;  // the end
      if (size == uncompressed || size == 1) return true;
      next_block_ += 4 + (size & ~uncompressed) + checksum_bytes_;
    }
    return false;
  }

  std::string_view frame_;
  std::size_t taken_ = 0;       // of the frame
  std::size_t next_block_ = 0;  // the position in it of the next block's size
  std::size_t checksum_bytes_ = 0;
  LZ4F_dctx* context_ = nullptr;
};

using ZstdContext = std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)>;

// A context is larger than most batches and expensive to create: each thread keeps some.
constexpr std::size_t zstd_contexts_kept_max = 4;
constexpr std::size_t zstd_context_kept_bytes_max = std::size_t{4} << 20;
constexpr int zstd_window_log_max = 27;  // what zstd's own tool and Java's binding accept

std::vector<ZstdContext>& kept_zstd_contexts() {
  thread_local std::vector<ZstdContext> kept;
  return kept;
}

class ZstdDecompressor final : public Windowed {
 public:
  explicit ZstdDecompressor(std::string_view packed) : Windowed("zstd", packed), context_(nullptr, ZSTD_freeDStream) {
    auto& kept = kept_zstd_contexts();
    if (kept.empty()) {
      context_.reset(ZSTD_createDStream());
      FULMAR_ASSERT(context_ != nullptr);
    } else {
      context_ = std::move(kept.back());
      kept.pop_back();
    }
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_and_parameters);
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, zstd_window_log_max);
  }
  ~ZstdDecompressor() override {
    auto& kept = kept_zstd_contexts();
    bool worth_keeping =
        kept.size() < zstd_contexts_kept_max && ZSTD_sizeof_DStream(context_.get()) <= zstd_context_kept_bytes_max;
    if (worth_keeping) kept.push_back(std::move(context_));
  }

 private:
  Result<Step> step(std::string_view in, char* out, std::size_t room) override {
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out, room, 0};
    auto hint = ZSTD_decompressStream(context_.get(), &to, &from);
    if (ZSTD_isError(hint)) return corrupt(codec_);
    return Step{from.pos, to.pos, hint == 0};
  }

  ZstdContext context_;
};

constexpr std::string_view zstd_magic("\x28\xb5\x2f\xfd", 4);

// RFC 8878 3.1.1.1: the window size in the frame's header; 0: none.
std::size_t zstd_window(std::string_view packed) {
  if (packed.size() < 6) return 0;
  auto content = ZSTD_getFrameContentSize(packed.data(), packed.size());
  bool known = content != ZSTD_CONTENTSIZE_UNKNOWN && content != ZSTD_CONTENTSIZE_ERROR;
  auto descriptor = static_cast<std::uint8_t>(packed[4]);
  std::uint64_t window = known ? content : 0;
  if (!(descriptor & 0x20)) {
    auto byte = static_cast<std::uint8_t>(packed[5]);
    auto base = std::uint64_t{1} << (10 + (byte >> 3));
    window = base + base / 8 * (byte & 7);
    if (known) window = std::min<std::uint64_t>(window, content);
  }
  return static_cast<std::size_t>(std::min(window, std::uint64_t{1} << zstd_window_log_max));
}

}  // namespace

Result<std::unique_ptr<Decompressor>> make_decompressor(Compression codec, std::string_view packed) {
  switch (codec) {
    case Compression::none: break;
    case Compression::gzip: return std::make_unique<GzipDecompressor>(packed);
    case Compression::snappy: return make_snappy_decompressor(packed);
    case Compression::lz4:
      if (const char* why = refuse_lz4_frame(packed)) return fail(Errc::corrupt, why);
      return std::make_unique<Lz4Decompressor>(packed);
    case Compression::zstd:
      if (!packed.starts_with(zstd_magic)) return fail(Errc::corrupt, "not a zstd frame");
      return std::make_unique<ZstdDecompressor>(packed);
  }
  return fail(Errc::unsupported, "unknown compression codec " + std::to_string(static_cast<int>(codec)));
}

std::size_t decompression_memory(Compression codec, std::string_view packed) {
  switch (codec) {
    case Compression::none: return 0;
    case Compression::gzip: return 2 * decompression_step_bytes;
    case Compression::snappy: return snappy_block_memory(packed);
    case Compression::lz4: {
      if (refuse_lz4_frame(packed)) return 0;
      auto size_code = (static_cast<unsigned>(packed[5]) >> 4) & 7;  // 4: 64 KiB, 5: 256 KiB, 6: 1 MiB, 7: 4 MiB
      return 2 * (std::size_t{1} << (8 + 2 * size_code)) + decompression_step_bytes;
    }
    case Compression::zstd: return zstd_window(packed) + 6 * decompression_step_bytes;  // with blocks and tables
  }
  return 0;
}

}  // namespace fulmar
