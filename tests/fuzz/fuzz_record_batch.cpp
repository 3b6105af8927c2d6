// The records of a produce request, as they come and with a CRC that fits; and every codec's data.
#include <cstring>
#include <string>

#include "broker/protocol/compression.h"
#include "broker/protocol/endian.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/record_validation.h"

extern "C" int LLVMFuzzerTestOneInput(const char* data, std::size_t size) {
  using namespace fulmar;
  auto records = Bytes::copy_of({data, size});
  if (validate_produced(records).has_value() && !read_records(records, 1 << 24)) __builtin_trap();
  if (size > batch_header_size) {
    std::string forged(data, size);
    store_big(forged.data() + 8, static_cast<std::int32_t>(size - batch_prefix_size));
    forged[16] = batch_magic;
    store_big(forged.data() + 17, static_cast<std::int32_t>(crc32c(std::string_view(forged).substr(21))));
    auto batch = Bytes::copy_of(forged);
    if (validate_produced(batch).has_value() && !read_records(batch, 1 << 28)) __builtin_trap();
    (void)read_records(batch, 1 << 20).has_value();
  }
  if (size > 1) (void)decompress(static_cast<Compression>(data[0] & 7), {data + 1, size - 1}, 1 << 20).has_value();
  return 0;
}
