#include "broker/protocol/compression.h"

#include <limits>
#include <string>

#include "broker/protocol/compressor.h"
#include "broker/protocol/decompressor.h"

namespace fulmar {

Bytes compress(Compression codec, std::string_view plain) {
  auto compressor = make_compressor(codec, {}, std::numeric_limits<std::size_t>::max(), plain.size());
  compressor->add(plain);
  return Bytes::copy_of(*compressor->finish());
}

Result<Bytes> decompress(Compression codec, std::string_view packed, std::size_t size_max) {
  if (codec == Compression::none) return Bytes::copy_of(packed);
  FULMAR_TRY(auto decompressor, make_decompressor(codec, packed));
  std::string plain;
  while (!decompressor->ended()) {
    FULMAR_TRY(auto piece, decompressor->next());
    if (piece.size() > size_max - plain.size()) return fail(Errc::too_large, "records are too large when decompressed");
    plain.append(piece);
  }
  return Bytes::copy_of(plain);
}

}  // namespace fulmar
