// URLs: in their parts, and back.
#include "runtime/http/url.h"

#include <gtest/gtest.h>

#include <tuple>

namespace fulmar {
namespace {

TEST(HttpUrl, HasItsParts) {
  using Parts = std::tuple<bool, std::string, int, std::string, std::string>;
  auto parts = [](std::string_view text) {
    auto url = HttpUrl::parse(text);
    return url ? Parts{url->secure, url->host, url->port, url->target, url->authority()}
               : Parts{false, url.error().detail, 0, "", ""};
  };
  EXPECT_EQ(parts("https://issuer.example/keys"), Parts(true, "issuer.example", 443, "/keys", "issuer.example"));
  EXPECT_EQ(parts("HTTP://Issuer"), Parts(false, "Issuer", 80, "/", "Issuer"));
  EXPECT_EQ(parts("http://10.0.0.1:8080/a/b?c=d&e"), Parts(false, "10.0.0.1", 8080, "/a/b?c=d&e", "10.0.0.1:8080"));
  EXPECT_EQ(parts("https://[::1]:8443/x"), Parts(true, "::1", 8443, "/x", "[::1]:8443"));
  EXPECT_EQ(parts("https://h?q=1"), Parts(true, "h", 443, "/?q=1", "h"));
  for (const char* text : {"https://issuer.example/keys", "http://10.0.0.1:8080/a/b?c=d&e", "https://[::1]:8443/x"})
    EXPECT_EQ(to_string(HttpUrl::parse(text).value()), text);
}

TEST(HttpUrl, WhatIsNoneIsAnError) {
  for (const char* text :
       {"", "/keys", "issuer.example/keys", "ftp://issuer/keys", "file:///keys", "https://", "https:///keys",
        "https:/h", "https://h:0/", "https://h:65536/", "https://h:x/", "https://h/a b", "https://h/a\r\nX: y",
        "https://h\xc3\xa4/", "https://user:secret@h/keys", "https://h/keys#part", "https://h:443:443/"})
    EXPECT_FALSE(HttpUrl::parse(text)) << text;
}

}  // namespace
}  // namespace fulmar
