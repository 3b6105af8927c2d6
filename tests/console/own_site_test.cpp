// Which requests may come from a page of another site.
#include "broker/console/own_site.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

TEST(OwnSite, OtherSitesHaveOtherHosts) {
  for (const auto* own : {"127.0.0.1", "10.0.0.1:9644", "[::1]:9644", "[fe80::1]", "localhost", "LocalHost:9644",
                          "broker1:9644", "broker1"})
    EXPECT_TRUE(is_own_host(own, "broker1")) << own;
  for (const auto* other : {"", "evil.example", "evil.example:9644", "localhost.evil.example", "127.0.0.1.evil.example",
                            "broker1.evil.example", "broker1, evil", "a:b", "cafe", "de.ad:9644"})
    EXPECT_FALSE(is_own_host(other, "broker1")) << other;
  EXPECT_FALSE(is_own_host("", ""));
}

HttpRequest change_from(std::map<std::string, std::string, std::less<>> headers) {
  headers.emplace("host", "broker1:9644");
  headers.emplace("content-type", "application/json");
  HttpRequest request;
  request.method = "POST";
  request.headers = std::move(headers);
  return request;
}

int status_of(std::map<std::string, std::string, std::less<>> headers, bool https = false) {
  auto why = why_not_own(change_from(std::move(headers)), https);
  return why ? why->status : 0;
}

TEST(OwnSite, MayChange) {
  EXPECT_EQ(status_of({}), 0) << "programs don't say where they come from";
  EXPECT_EQ(status_of({{"origin", "http://broker1:9644"}, {"sec-fetch-site", "same-origin"}}), 0);
  EXPECT_EQ(status_of({{"origin", "http://Broker1:9644"}}), 0);
  EXPECT_EQ(status_of({{"origin", "https://broker1:9644"}}), 0) << "behind a proxy with TLS";
  EXPECT_EQ(status_of({{"origin", "https://broker1:9644"}}, true), 0);
  EXPECT_EQ(status_of({{"content-type", "Application/JSON ; charset=utf-8"}}), 0);
}

TEST(OwnSite, OthersMayChangeNothing) {
  for (const auto* origin : {"http://evil.example", "null", "", "http://broker1", "http://broker1:9645",
                             "http://broker1:9644.evil.example", "http://evil.example/broker1:9644", "broker1:9644",
                             "http://broker1:9644, http://evil.example", "ftp://broker1:9644"})
    EXPECT_EQ(status_of({{"origin", origin}}), 403) << origin;
  EXPECT_EQ(status_of({{"origin", "http://broker1:9644"}}, true), 403) << "another scheme is another site";
  EXPECT_EQ(status_of({{"origin", "http://"}, {"host", ""}}), 403);
  for (const auto* site : {"cross-site", "same-site", "none"})
    EXPECT_EQ(status_of({{"sec-fetch-site", site}}), 403) << site;
  // What forms can send without asking first.
  for (const auto* type : {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                           "text/plain; application/json", "application/jsonx"})
    EXPECT_EQ(status_of({{"content-type", type}}), 415) << type;
}

}  // namespace
}  // namespace fulmar
