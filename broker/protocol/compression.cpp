#include "broker/protocol/compression.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "broker/protocol/endian.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr std::string_view xerial_magic("\x82SNAPPY\0", 8);
constexpr std::size_t xerial_header_size = 16;  // magic, version, compatible version
constexpr std::size_t xerial_block_bytes = 32 * 1024;

std::unexpected<Error> corrupt(const char* codec) {
  return fail(Errc::corrupt, std::string("bad ") + codec + " data");
}

// Output of a streaming decoder: grows by doubling up to the limit.
class Output {
 public:
  explicit Output(std::size_t packed_size, std::size_t size_max)
      : size_max_(size_max), bytes_(std::min(size_max, std::max<std::size_t>(packed_size * 4, 4096)), '\0') {}

  char* at() { return bytes_.data() + used_; }
  std::size_t room() const { return bytes_.size() - used_; }
  void used(std::size_t count) { used_ += count; }
  // False at the limit.
  bool grow() {
    if (bytes_.size() >= size_max_) return false;
    bytes_.resize(std::min(size_max_, bytes_.size() * 2));
    return true;
  }
  Bytes take() { return Bytes::copy_of(std::string_view(bytes_).substr(0, used_)); }

 private:
  std::size_t size_max_;
  std::string bytes_;
  std::size_t used_ = 0;
};

std::unexpected<Error> too_large() {
  return fail(Errc::too_large, "records are too large when decompressed");
}

Bytes gzip(std::string_view plain) {
  z_stream stream{};
  ASSERT(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  auto size = stream.total_out;
  deflateEnd(&stream);
  return Bytes::copy_of(std::string_view(packed).substr(0, size));
}

Result<Bytes> gunzip(std::string_view packed, std::size_t size_max) {
  z_stream stream{};
  ASSERT(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  Output out(packed.size(), size_max);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  for (;;) {
    auto room = out.room();
    stream.next_out = reinterpret_cast<Bytef*>(out.at());
    stream.avail_out = static_cast<uInt>(room);
    int status = inflate(&stream, Z_NO_FLUSH);
    out.used(room - stream.avail_out);
    if (status == Z_STREAM_END) break;
    if (status != Z_OK && status != Z_BUF_ERROR) return corrupt("gzip");
    if (stream.avail_out == 0) {
      if (!out.grow()) return too_large();
    } else if (stream.avail_in == 0) {
      return corrupt("gzip");
    }
  }
  if (stream.avail_in != 0) return corrupt("gzip");
  return out.take();
}

Bytes xerial(std::string_view plain) {
  std::string packed(xerial_magic);
  packed.append(std::string_view("\0\0\0\1\0\0\0\1", 8));
  while (!plain.empty()) {
    auto block = plain.substr(0, xerial_block_bytes);
    plain.remove_prefix(block.size());
    std::size_t size = snappy_max_compressed_length(block.size());
    auto at = packed.size();
    packed.resize(at + 4 + size);
    ASSERT(snappy_compress(block.data(), block.size(), packed.data() + at + 4, &size) == SNAPPY_OK);
    store_big(packed.data() + at, static_cast<std::int32_t>(size));
    packed.resize(at + 4 + size);
  }
  return Bytes::copy_of(packed);
}

// Snappy's header claims the size, and a run of copies can make it true: at most 64 bytes come of 3.
constexpr std::size_t snappy_ratio_max = 64;

Result<void> unsnap_block(std::string_view block, std::size_t size_max, std::string& plain) {
  std::size_t size = 0;
  if (snappy_uncompressed_length(block.data(), block.size(), &size) != SNAPPY_OK) return corrupt("snappy");
  if (size > block.size() * snappy_ratio_max) return corrupt("snappy");
  if (size > size_max - plain.size()) return too_large();
  auto at = plain.size();
  plain.resize(at + size);
  if (snappy_uncompress(block.data(), block.size(), plain.data() + at, &size) != SNAPPY_OK) return corrupt("snappy");
  return {};
}

Result<Bytes> unsnap(std::string_view packed, std::size_t size_max) {
  std::string plain;
  if (!packed.starts_with(xerial_magic)) {
    TRY_VOID(unsnap_block(packed, size_max, plain));
    return Bytes::copy_of(plain);
  }
  if (packed.size() < xerial_header_size) return corrupt("snappy");
  packed.remove_prefix(xerial_header_size);
  while (!packed.empty()) {
    if (packed.size() < 4) return corrupt("snappy");
    auto size = static_cast<std::uint32_t>(load_big<std::int32_t>(packed.data()));
    packed.remove_prefix(4);
    if (size > packed.size()) return corrupt("snappy");
    TRY_VOID(unsnap_block(packed.substr(0, size), size_max, plain));
    packed.remove_prefix(size);
  }
  return Bytes::copy_of(plain);
}

Bytes lz4(std::string_view plain) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  std::string packed(LZ4F_compressFrameBound(plain.size(), &preferences), '\0');
  auto size = LZ4F_compressFrame(packed.data(), packed.size(), plain.data(), plain.size(), &preferences);
  ASSERT(!LZ4F_isError(size));
  return Bytes::copy_of(std::string_view(packed).substr(0, size));
}

Result<Bytes> unlz4(std::string_view packed, std::size_t size_max) {
  LZ4F_dctx* context = nullptr;
  ASSERT(!LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)));
  std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> end(context, LZ4F_freeDecompressionContext);
  Output out(packed.size(), size_max);
  for (;;) {
    std::size_t in = packed.size();
    std::size_t made = out.room();
    auto hint = LZ4F_decompress(context, out.at(), &made, packed.data(), &in, nullptr);
    if (LZ4F_isError(hint)) return corrupt("lz4");
    packed.remove_prefix(in);
    out.used(made);
    if (hint == 0) break;
    if (out.room() == 0) {
      if (!out.grow()) return too_large();
    } else if (in == 0 && made == 0) {
      return corrupt("lz4");
    }
  }
  if (!packed.empty()) return corrupt("lz4");
  return out.take();
}

Bytes zstd(std::string_view plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  auto size = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), ZSTD_CLEVEL_DEFAULT);
  ASSERT(!ZSTD_isError(size));
  return Bytes::copy_of(std::string_view(packed).substr(0, size));
}

Result<Bytes> unzstd(std::string_view packed, std::size_t size_max) {
  // Kept from batch to batch, one per thread: it is larger than most batches, and dearer to make than to use.
  thread_local std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                                    ZSTD_freeDStream);
  ZSTD_DCtx_reset(stream.get(), ZSTD_reset_session_and_parameters);
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, 27);  // 128 MiB: what zstd's own tool accepts
  Output out(packed.size(), size_max);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  for (;;) {
    ZSTD_outBuffer made{out.at(), out.room(), 0};
    auto before = in.pos;
    auto hint = ZSTD_decompressStream(stream.get(), &made, &in);
    if (ZSTD_isError(hint)) return corrupt("zstd");
    out.used(made.pos);
    if (hint == 0 && in.pos == in.size) break;
    if (out.room() == 0) {
      if (!out.grow()) return too_large();
    } else if (in.pos == before && made.pos == 0) {
      return corrupt("zstd");
    }
  }
  return out.take();
}

}  // namespace

Bytes compress(Compression codec, std::string_view plain) {
  switch (codec) {
    case Compression::none: return Bytes::copy_of(plain);
    case Compression::gzip: return gzip(plain);
    case Compression::snappy: return xerial(plain);
    case Compression::lz4: return lz4(plain);
    case Compression::zstd: return zstd(plain);
  }
  UNREACHABLE();
}

Result<Bytes> decompress(Compression codec, std::string_view packed, std::size_t size_max) {
  switch (codec) {
    case Compression::none: return Bytes::copy_of(packed);
    case Compression::gzip: return gunzip(packed, size_max);
    case Compression::snappy: return unsnap(packed, size_max);
    case Compression::lz4: return unlz4(packed, size_max);
    case Compression::zstd: return unzstd(packed, size_max);
  }
  return fail(Errc::unsupported, "unknown compression codec");
}

}  // namespace fulmar
