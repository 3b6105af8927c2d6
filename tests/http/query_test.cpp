// Texts in URLs.
#include "runtime/http/query.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

TEST(UrlText, IsDecoded) {
  EXPECT_EQ(decoded_query_text("a+b%20c%2Fd").value(), "a b c/d");
  EXPECT_EQ(decoded_path_segment("a+b%20c%2fd").value(), "a+b c/d") << "a plus is a plus in a path";
  for (const auto* bad : {"%", "%4", "%g1", "a%zz", "%ff", "%c0%80"}) EXPECT_FALSE(decoded_query_text(bad)) << bad;
  using Parameters = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(query_parameters("a=1&&b&c%3d=x=y").value(), (Parameters{{"a", "1"}, {"b", ""}, {"c=", "x=y"}}));
}

}  // namespace
}  // namespace fulmar
