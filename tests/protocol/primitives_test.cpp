#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "broker/protocol/reader.h"
#include "broker/protocol/writer.h"

namespace fulmar {
namespace {

Bytes written(auto write) {
  Writer writer;
  write(writer);
  return std::move(writer).finish().flatten();
}

TEST(Primitives, NumbersComeBack) {
  rc::check([](std::int32_t a, std::int64_t b, std::uint32_t c) {
    Reader reader(written([&](Writer& w) {
      w.varint(a);
      w.varlong(b);
      w.unsigned_varint(c);
      w.int32(a);
      w.int64(b);
    }));
    RC_ASSERT(reader.varint() == a);
    RC_ASSERT(reader.varlong() == b);
    RC_ASSERT(reader.unsigned_varint() == c);
    RC_ASSERT(reader.int32() == a);
    RC_ASSERT(reader.int64() == b);
    RC_ASSERT(!reader.failed() && reader.remaining() == 0);
  });
}

TEST(Primitives, AVarintOfTooManyBitsFails) {
  Reader too_long(Bytes::copy_of("\xff\xff\xff\xff\xff\x01"));
  too_long.unsigned_varint();
  EXPECT_TRUE(too_long.failed());
  Reader too_large(Bytes::copy_of("\xff\xff\xff\xff\x1f"));
  too_large.unsigned_varint();
  EXPECT_TRUE(too_large.failed());
  Reader largest(Bytes::copy_of("\xff\xff\xff\xff\x0f"));
  EXPECT_EQ(largest.unsigned_varint(), 0xffffffffu);
  EXPECT_FALSE(largest.failed());
}

TEST(Primitives, ErrorsStick) {
  Reader reader(Bytes::copy_of("abc"));
  reader.int64();
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.int8(), 0);
  EXPECT_EQ(reader.remaining(), 0u);
}

// An array in an array multiplies its elements, of a byte each.
TEST(Primitives, ElementsAreCountedOverAllArraysOfAMessage) {
  constexpr int arrays = static_cast<int>(Reader::elements_max / Reader::array_count_max);
  auto reader_of = [](int count) {
    return Reader(written([&](Writer& w) {
      for (int i = 0; i < count; ++i) w.array_count(Reader::array_count_max, true);
      for (std::size_t i = 0; i < Reader::array_count_max; ++i) w.int8(0);
    }));
  };
  auto all = reader_of(arrays);
  for (int i = 0; i < arrays; ++i) EXPECT_EQ(all.array_count(true), Reader::array_count_max);
  EXPECT_FALSE(all.failed());
  auto more = reader_of(arrays + 1);
  for (int i = 0; i < arrays; ++i) more.array_count(true);
  EXPECT_FALSE(more.array_count(true));
  EXPECT_STREQ(more.error(), "the message has too many elements in its arrays");
  // Files of the broker's own have their size for a limit.
  auto file = reader_of(arrays + 1);
  for (int i = 0; i <= arrays; ++i) EXPECT_TRUE(file.array_count(true, file.remaining()));
}

TEST(Writer, LargePartsAreSharedAndSmallOnesCopied) {
  auto large = Bytes::copy_of(std::string(5000, 'x'));
  Writer writer;
  writer.begin_frame();
  writer.int32(7);
  writer.splice(large);
  writer.int8(1);
  auto chain = std::move(writer).finish();
  ASSERT_EQ(chain.parts().size(), 3u);
  EXPECT_EQ(chain.parts()[1].data(), large.data());
  EXPECT_EQ(chain.size(), 4u + 4 + 5000 + 1);
  Reader reader(chain.flatten());
  EXPECT_EQ(reader.int32(), 5005);
}

}  // namespace
}  // namespace fulmar
