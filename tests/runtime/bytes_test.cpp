#include "runtime/base/bytes.h"

#include <gtest/gtest.h>

#include <cstring>

namespace fulmar {
namespace {

TEST(Bytes, SlicesKeepTheirMemoryAliveAndNoLonger) {
  auto before = live_byte_blocks();
  Bytes middle;
  {
    auto whole = Bytes::copy_of("hello world");
    middle = whole.slice(6, 5);
    EXPECT_EQ(live_byte_blocks(), before + 1);
  }
  EXPECT_EQ(middle.view(), "world");
  EXPECT_EQ(live_byte_blocks(), before + 1);
  middle = Bytes();
  EXPECT_EQ(live_byte_blocks(), before);
}

TEST(Bytes, WhatIsFilledIsSharedWithoutACopy) {
  MutableBytes buffer(10);
  std::memcpy(buffer.data(), "0123456789", 10);
  auto first = buffer.share(0, 4);
  const char* data = buffer.data();
  auto all = std::move(buffer).freeze(8);
  EXPECT_EQ(first.view(), "0123");
  EXPECT_EQ(all.view(), "01234567");
  EXPECT_EQ(all.data(), data);
}

TEST(ByteChain, FlattensItsPartsInOrder) {
  ByteChain chain;
  EXPECT_TRUE(chain.empty());
  chain.append(Bytes::copy_of("a"));
  chain.append(Bytes());
  ByteChain rest(Bytes::copy_of("bc"));
  chain.append(std::move(rest));
  EXPECT_EQ(chain.size(), 3u);
  EXPECT_EQ(chain.parts().size(), 2u);
  EXPECT_EQ(chain.flatten().view(), "abc");
}

}  // namespace
}  // namespace fulmar
