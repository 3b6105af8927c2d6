// A record of the metadata log, or a metadata snapshot, as it may come from a disk or another broker: the first byte
// says which.
#include <cstdlib>

#include "broker/cluster/earlier_metadata.h"
#include "broker/cluster/metadata_codec.h"

namespace fulmar {
namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

// What was decoded can be encoded, and is equal when decoded again.
void take(char kind, std::string_view bytes) {
  switch (kind & 3) {
    case 0:
      if (auto record = decode_metadata_record(bytes)) {
        auto text = encode(*record);
        auto again = decode_metadata_record(text);
        must(again && encode(*again) == text);
        (void)check_strings(*record);
        MetadataImage image;
        apply_record(*record, image);
      }
      break;
    case 1:
      if (auto image = decode_metadata_image(bytes)) {
        auto again = decode_metadata_image(encode(*image));
        must(again && *again == *image);
        (void)to_text(*image);
      }
      break;
    default:
      if (auto record = decode_earlier_record(bytes)) (void)encode(*record);
  }
}

}  // namespace
}  // namespace fulmar

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  if (size > 0) fulmar::take(data[0], std::string_view(data + 1, size - 1));
  return 0;
}
