// A JSON answer is an object, and no larger than it may be.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "broker/console/json_answer.h"

namespace fulmar {
namespace {

TEST(JsonAnswer, IsAnObjectWhateverIsLeftOut) {
  JsonAnswer answer(60);
  answer.add("name", "a\"b\xff");
  answer.begin_list("empty");
  answer.end_list();
  answer.begin_list("numbers");
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += answer.item(i);
  answer.end_list();
  answer.begin_list("more");
  EXPECT_FALSE(answer.item(1));
  answer.end_list();
  auto read = nlohmann::json::parse(answer.finish());
  EXPECT_EQ(read["name"], "a\"b\xef\xbf\xbd");
  EXPECT_TRUE(read["empty"].empty());
  EXPECT_EQ(read["numbers"].size(), taken);
  EXPECT_GT(taken, 1);
  EXPECT_LT(taken, 20);
  EXPECT_TRUE(read["more"].empty());
  EXPECT_EQ(read["truncated"], true);
}

}  // namespace
}  // namespace fulmar
