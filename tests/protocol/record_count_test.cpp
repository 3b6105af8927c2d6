#include "broker/protocol/record_count.h"

#include <gtest/gtest.h>

#include <string>

#include "broker/protocol/record_batch.h"
#include "broker/protocol/record_builder.h"

namespace fulmar {
namespace {

Bytes batch_of(std::size_t records) {
  return build_batch(std::vector<Record>(records, {std::nullopt, "value", 1000, {}}), {});
}

// In parts of that many bytes.
ByteChain cut(std::string_view bytes, std::size_t size) {
  ByteChain chain;
  for (std::size_t at = 0; at < bytes.size(); at += size) chain.append(Bytes::copy_of(bytes.substr(at, size)));
  return chain;
}

TEST(RecordCount, IsTheSameHoweverTheChainIsCut) {
  auto bytes = std::string(batch_of(3).view()) + std::string(batch_of(1).view()) + std::string(batch_of(7).view());
  for (std::size_t size = 1; size <= bytes.size(); ++size) EXPECT_EQ(records_in(cut(bytes, size)), 11) << size;
  EXPECT_EQ(records_in({}), 0);
}

TEST(RecordCount, LeavesOutMarkersAndABatchThatIsNotWhole) {
  auto header = *read_batch_header(batch_of(5).view());
  header.attributes |= 1 << 5;  // control
  std::string marker(batch_of(5).view());
  write_batch_header(marker.data(), header);
  auto bytes = std::string(batch_of(2).view()) + marker + std::string(batch_of(4).view());
  for (std::size_t size : {std::size_t{1}, std::size_t{60}, std::size_t{61}, bytes.size()}) {
    EXPECT_EQ(records_in(cut(bytes, size)), 6) << size;
    EXPECT_EQ(records_in(cut(std::string_view(bytes).substr(0, bytes.size() - 1), size)), 2) << size;
  }
}

}  // namespace
}  // namespace fulmar
