#include "broker/security/sasl/jaas.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

using Options = std::map<std::string, std::string>;

TEST(Jaas, IsAModuleAFlagAndOptions) {
  auto entry = parse_jaas(R"(
      org.apache.kafka.common.security.plain.PlainLoginModule required
        username="admin" password="a b;c" // with a comment
        user_alice='it is "quoted"' /* and
        another */ user_bob = plain-word_$.1;
  )");
  ASSERT_TRUE(entry) << to_string(entry.error());
  EXPECT_EQ(entry->module, "org.apache.kafka.common.security.plain.PlainLoginModule");
  EXPECT_EQ(entry->options, (Options{{"username", "admin"},
                                     {"password", "a b;c"},
                                     {"user_alice", "it is \"quoted\""},
                                     {"user_bob", "plain-word_$.1"}}));
}

TEST(Jaas, QuotedValuesHaveJavasEscapes) {
  auto entry = parse_jaas(R"(M OPTIONAL a="\"\\\n\t\101\1\400x";)");
  ASSERT_TRUE(entry) << to_string(entry.error());
  EXPECT_EQ(entry->options, (Options{{"a", "\"\\\n\tA\1 0x"}}));
}

TEST(Jaas, WhatIsWrongIsSaidWithoutValues) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "the login module is missing"},
      {"M", "the control flag is missing"},
      {"M maybe;", "after the login module comes a control flag: required, requisite, sufficient or optional"},
      {"M required", "the semicolon at the end, or another option, is missing"},
      {"M required a=\"secret\"", "the semicolon at the end, or another option, is missing"},
      {"M required a;", "the option \"a\" has no value"},
      {"M required a=;", "the value of the option \"a\" is missing"},
      {"M required a=\"secret;", "a value without its closing quote"},
      {"M required a=\"secret\n\";", "a value without its closing quote"},
      {"M required /* ;", "a comment without its end"},
      {"M required; N required;", "there is more than one login module"},
  };
  for (const auto& [text, reason] : cases) {
    auto entry = parse_jaas(text);
    ASSERT_FALSE(entry) << text;
    EXPECT_EQ(entry.error().detail, reason) << text;
  }
}

}  // namespace
}  // namespace fulmar
