// Responses from bytes: the same whatever pieces they come in, however their end is told; and what is malformed or too
// large is an error.
#include "runtime/http/response_parser.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace fulmar {
namespace {

constexpr std::size_t piece_sizes[] = {1, 2, 3, 7, 64, 4096};

// Feeds the bytes in pieces of `piece` bytes, then the end of the stream if `ends`. The error, or else the body.
std::string outcome(const std::string& bytes, std::size_t piece, bool ends, HttpSizes sizes = {}) {
  HttpResponseParser parser(sizes);
  for (std::size_t at = 0; at < bytes.size() && !parser.complete(); at += piece) {
    parser.feed(std::string_view(bytes).substr(at, piece));
    if (!parser.error().empty()) return std::string(parser.error());
  }
  if (ends && !parser.complete()) parser.end();
  if (!parser.error().empty()) return std::string(parser.error());
  return parser.complete() ? "body: " + parser.take().body : "not complete";
}

std::string whole(const std::string& bytes, HttpSizes sizes = {}) {
  return outcome(bytes, bytes.size(), true, sizes);
}

TEST(HttpResponseParser, AResponseHasItsPartsWhateverPiecesItComesIn) {
  const std::string bytes =
      "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX-Thing: a\r\nx-thing: b\r\nConnection: close\r\n\r\nhello";
  for (auto piece : piece_sizes) {
    HttpResponseParser parser;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      EXPECT_FALSE(parser.complete());
      parser.feed(std::string_view(bytes).substr(at, piece));
    }
    ASSERT_TRUE(parser.complete()) << piece;
    auto answer = parser.take();
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.header("x-thing"), "a, b");
    EXPECT_EQ(answer.header("x-other"), "");
    EXPECT_EQ(answer.body, "hello");
  }
}

TEST(HttpResponseParser, TheEndOfABodyIsToldByItsLengthByChunksOrByTheStream) {
  for (auto piece : piece_sizes) {
    EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", piece, false), "body: ab");
    EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: t\r\n\r\n",
                      piece, false),
              "body: abc");
    EXPECT_EQ(outcome("HTTP/1.0 200 OK\r\n\r\nabc", piece, false), "not complete");
    EXPECT_EQ(outcome("HTTP/1.0 200 OK\r\n\r\nabc", piece, true), "body: abc");
    EXPECT_EQ(outcome("HTTP/1.1 204 No Content\r\n\r\n", piece, false), "body: ");
    EXPECT_EQ(outcome("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
                      "Content-Length: 1\r\n\r\na",
                      piece, false),
              "body: a");
  }
}

TEST(HttpResponseParser, OneThatIsCutIsNone) {
  for (const char* cut : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
                          "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"})
    EXPECT_FALSE(whole(cut).starts_with("body")) << cut << ": " << whole(cut);
}

TEST(HttpResponseParser, WhatIsMalformedIsAnError) {
  for (const char* wrong :
       {"GET / HTTP/1.1\r\n\r\n", "SSH-2.0-OpenSSH\r\n", "\x16\x03\x01", "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 99999 OK\r\n\r\n", "HTTP/1.1 000 OK\r\n\r\n", "HTTP/1.1 700 OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\na",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nName\x01: a\r\n\r\n"})
    for (auto piece : piece_sizes) {
      auto said = outcome(wrong, piece, true);
      EXPECT_TRUE(said.starts_with("it ") || said.starts_with("its ")) << wrong << ": " << said;
    }
}

TEST(HttpResponseParser, NothingBeyondTheLimitsIsTaken) {
  const HttpSizes sizes{.head_bytes_max = 100, .body_bytes_max = 10};
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string longer(11, 'x');
  const std::string head = "its head is longer than 100 bytes";
  const std::string body = "its body is longer than 10 bytes";
  EXPECT_EQ(whole(ok + "Content-Length: 10\r\n\r\n0123456789", sizes), "body: 0123456789");
  EXPECT_EQ(whole(ok + "Content-Length: 11\r\n\r\n", sizes), body) << "before any of it has come";
  for (auto piece : piece_sizes) {
    EXPECT_EQ(outcome(ok + "\r\n" + longer, piece, true, sizes), body);
    EXPECT_EQ(
        outcome(ok + "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\nabcde\r\n0\r\n\r\n", piece, true, sizes),
        body);
    EXPECT_EQ(outcome(ok + "A: " + std::string(100, 'x') + "\r\n\r\n", piece, true, sizes), head);
    EXPECT_EQ(outcome(ok + std::string(101, 'N') + ": x\r\n\r\n", piece, true, sizes), head);
    EXPECT_EQ(outcome("HTTP/1.1 200 " + std::string(101, 'O') + "\r\n\r\n", piece, true, sizes), head);
  }
  std::string interim;
  std::string trailers = ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int n = 0; n < 100; ++n) {
    interim += "HTTP/1.1 100 \r\n\r\n";
    trailers += "a: b\r\n";
  }
  EXPECT_EQ(whole(interim, sizes), head);
  EXPECT_EQ(whole(trailers, sizes), head);
}

RC_GTEST_PROP(HttpResponseParser, TakesAnyBytesAndMutationsOfGoodOnes, ()) {
  std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (auto changes = *rc::gen::inRange(0, 4); changes > 0; --changes)
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<char>();
  auto at_once = whole(bytes).substr(0, 4);
  for (auto piece : piece_sizes) RC_ASSERT(outcome(bytes, piece, true).substr(0, 4) == at_once);
}

}  // namespace
}  // namespace fulmar
