#include "broker/protocol/compression.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

#include "broker/protocol/decompressor.h"
#include "broker/protocol/endian.h"
#include "broker/protocol/snappy_decompressor.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr std::size_t xerial_block_bytes = 32 * 1024;

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

Bytes xerial(std::string_view plain) {
  std::string packed(xerial_header);
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

Bytes lz4(std::string_view plain) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  std::string packed(LZ4F_compressFrameBound(plain.size(), &preferences), '\0');
  auto size = LZ4F_compressFrame(packed.data(), packed.size(), plain.data(), plain.size(), &preferences);
  ASSERT(!LZ4F_isError(size));
  return Bytes::copy_of(std::string_view(packed).substr(0, size));
}

Bytes zstd(std::string_view plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  auto size = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), ZSTD_CLEVEL_DEFAULT);
  ASSERT(!ZSTD_isError(size));
  return Bytes::copy_of(std::string_view(packed).substr(0, size));
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
  if (codec == Compression::none) return Bytes::copy_of(packed);
  TRY(auto decompressor, make_decompressor(codec, packed));
  std::string plain;
  while (!decompressor->ended()) {
    TRY(auto piece, decompressor->next());
    if (piece.size() > size_max - plain.size()) return fail(Errc::too_large, "records are too large when decompressed");
    plain.append(piece);
  }
  return Bytes::copy_of(plain);
}

}  // namespace fulmar
