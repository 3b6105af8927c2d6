#include "broker/protocol/record_count.h"

#include <algorithm>
#include <string>

#include "broker/protocol/record_batch.h"

namespace fulmar {

std::int64_t records_in(const ByteChain& batches) {
  std::int64_t count = 0;
  std::size_t left = batches.size();  // from the next header on
  std::size_t skip = 0;               // of records, before the next header
  std::string begun;                  // of a header that lies in several parts
  for (const auto& part : batches.parts()) {
    auto rest = part.view();
    while (!rest.empty()) {
      if (auto passed = std::min(skip, rest.size()); passed > 0) {
        rest.remove_prefix(passed);
        skip -= passed;
        continue;
      }
      auto head = rest.substr(0, batch_header_size - begun.size());
      rest.remove_prefix(head.size());
      if (!begun.empty() || head.size() < batch_header_size) {
        begun += head;
        if (begun.size() < batch_header_size) break;
        head = begun;
      }
      auto header = read_batch_header(head);
      if (!header || header->size() > left) return count;
      if (!header->control()) count += header->record_count;
      left -= header->size();
      skip = header->size() - batch_header_size;
      begun.clear();
    }
  }
  return count;
}

}  // namespace fulmar
