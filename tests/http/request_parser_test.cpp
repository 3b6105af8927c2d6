// Requests from bytes: whole, whatever pieces they come in; and what is malformed, too large or not served gets its
// status.
#include "runtime/http/request_parser.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace fulmar {
namespace {

// Feeds the bytes in pieces of `piece` bytes until there is a request or an error; returns what was not taken.
std::string feed_in_pieces(HttpRequestParser& parser, std::string bytes, std::size_t piece) {
  while (!bytes.empty() && !parser.complete() && parser.error_status() == 0) {
    auto taken = parser.feed(std::string_view(bytes).substr(0, piece));
    bytes.erase(0, taken);
    if (taken == 0) break;
  }
  return bytes;
}

int status_of(const std::string& bytes, HttpSizes sizes = {}) {
  HttpRequestParser parser(sizes);
  feed_in_pieces(parser, bytes, bytes.size());
  EXPECT_FALSE(parser.complete()) << bytes.substr(0, 200);
  EXPECT_EQ(parser.error().empty(), parser.error_status() == 0);
  return parser.error_status();
}

constexpr const char* post =
    "POST /faults?dry=1 HTTP/1.1\r\nHost: x\r\nX-Thing: a\r\nx-thing: b\r\nContent-Length: 5\r\n\r\nhello";

TEST(HttpRequestParser, ARequestHasItsPartsWhateverPiecesItComesIn) {
  for (std::size_t piece : {1, 2, 3, 7, 64, 4096}) {
    HttpRequestParser parser;
    EXPECT_EQ(feed_in_pieces(parser, post, piece), "");
    ASSERT_TRUE(parser.complete()) << piece;
    auto request = parser.take();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/faults");
    EXPECT_EQ(request.query, "dry=1");
    EXPECT_EQ(request.header("x-thing"), "a, b");
    EXPECT_EQ(request.body, "hello");
    EXPECT_TRUE(request.keep_alive);
    EXPECT_FALSE(parser.begun());
  }
}

TEST(HttpRequestParser, RequestsThatFollowEachOtherAreTakenOneByOne) {
  HttpRequestParser parser;
  std::string both = std::string(post) + "GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nrest";
  auto left = feed_in_pieces(parser, both, both.size());
  ASSERT_TRUE(parser.complete());
  EXPECT_EQ(parser.take().path, "/faults");
  left = feed_in_pieces(parser, left, left.size());
  ASSERT_TRUE(parser.complete());
  auto second = parser.take();
  EXPECT_EQ(second.path, "/next");
  EXPECT_FALSE(second.keep_alive);
  EXPECT_EQ(left, "rest");
}

TEST(HttpRequestParser, ChunksAreOneBody) {
  HttpRequestParser parser;
  feed_in_pieces(parser,
                 "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n4;note=x\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n",
                 5);
  ASSERT_TRUE(parser.complete());
  auto request = parser.take();
  EXPECT_EQ(request.body, "abcdefg");
  EXPECT_EQ(request.header("trailer"), "");
}

TEST(HttpRequestParser, AnAbsoluteTargetHasItsPath) {
  HttpRequestParser parser;
  feed_in_pieces(parser, "GET http://x:1/a/b?c HTTP/1.1\r\nHost: x\r\n\r\n", 100);
  ASSERT_TRUE(parser.complete());
  auto request = parser.take();
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.query, "c");
}

TEST(HttpRequestParser, OldClientsNeedNoHostAndCloseByDefault) {
  HttpRequestParser parser;
  feed_in_pieces(parser, "GET / HTTP/1.0\r\n\r\n", 100);
  ASSERT_TRUE(parser.complete());
  EXPECT_FALSE(parser.take().keep_alive);
}

TEST(HttpRequestParser, AClientMayWaitToContinue) {
  HttpRequestParser parser;
  std::string head = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  feed_in_pieces(parser, head, head.size());
  EXPECT_TRUE(parser.take_wish_to_continue());
  EXPECT_FALSE(parser.take_wish_to_continue());
  feed_in_pieces(parser, "ok", 2);
  EXPECT_TRUE(parser.complete());
}

TEST(HttpRequestParser, MalformedRequestsAreRefused) {
  for (const auto* bytes : {
           "\x16\x03\x01\x02",                                            // TLS
           "nonsense\r\n\r\n",                                            //
           "GET\r\n\r\n",                                                 //
           "GET / HTTP/1.1\r\n\r\n",                                      // without Host
           "GET / HTTP/1.1\r\nHost x\r\n\r\n",                            //
           "GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",                    //
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",    //
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n",    //
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n",  //
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
       })
    EXPECT_EQ(status_of(bytes), 400) << bytes;
}

TEST(HttpRequestParser, OtherVersionsAndExpectationsAreRefused) {
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET / HTTP/0.9\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\nContent-Length: 1\r\n\r\n"), 417);
}

TEST(HttpRequestParser, WhatIsTooLargeIsRefusedBeforeAllOfItHasCome) {
  HttpSizes sizes{.head_bytes_max = 100, .body_bytes_max = 10};
  EXPECT_EQ(status_of("GET /" + std::string(200, 'a'), sizes), 431);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(200, 'a'), sizes), 431);
  std::string many;
  for (int i = 0; i < 60; ++i) many += "a:b\r\n";
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: x\r\n" + many, sizes), 431);
  // Spaces that the parser skips.
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: x\r\nA:" + std::string(200'000, ' '), sizes), 431);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", sizes), 413);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world", sizes), 413);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: " +
                          std::string(200, 'a'),
                      sizes),
            431);
}

// The pieces that bytes come in change nothing of what is made of them, whether they are a request or not.
RC_GTEST_PROP(HttpRequestParser, AnyBytesGiveTheSameInAnyPieces, ()) {
  std::string bytes = post;
  auto changes = *rc::gen::inRange(0, 4);
  for (int i = 0; i < changes; ++i) {
    auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    auto c = *rc::gen::arbitrary<char>();
    if (*rc::gen::arbitrary<bool>())
      bytes[at] = c;
    else
      bytes.insert(at, 1, c);
  }
  auto outcome = [&bytes](std::size_t piece) {
    HttpRequestParser parser;
    feed_in_pieces(parser, bytes, piece);
    std::string text = std::to_string(parser.error_status());
    if (!parser.complete()) return text;
    auto request = parser.take();
    text += request.method + " " + request.path + "?" + request.query + "\n" + request.body;
    for (const auto& [name, value] : request.headers) text += "\n" + name + ":" + value;
    return text;
  };
  RC_ASSERT(outcome(*rc::gen::inRange<std::size_t>(1, 20)) == outcome(bytes.size()));
}

}  // namespace
}  // namespace fulmar
