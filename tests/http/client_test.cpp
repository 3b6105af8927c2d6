// Asking a server by HTTP in every world: what is asked, and that no server can have more of a client than was meant.
#include "runtime/http/client.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "runtime/fiber/group.h"
#include "world_under_test.h"

namespace fulmar {
namespace {

constexpr HttpSizes sizes{.head_bytes_max = 1000, .body_bytes_max = 10'000};

class HttpAsking : public WorldUnderTest {
 protected:
  using Serve = std::function<void(Host&, Connection&)>;
  // Asks a server whose end of the connection `serve` plays after it has read the request; at last it waits for the
  // client to close, if it has not itself.
  Result<HttpAnswer> ask(Host& host, const Serve& serve, Duration patience = seconds(5)) {
    auto listener = host.network().listen({"127.0.0.1", 0}).value();
    FiberGroup serving;
    serving.spawn("server", [&] {
      auto connection = listener->accept().value();
      std::array<char, 1000> buffer;
      for (request.clear(); !request.ends_with("\r\n\r\n");) {
        auto count = connection->read(buffer, host.clock().deadline_in(seconds(5))).value();
        request.append(buffer.data(), count);
      }
      serve(host, *connection);
    });
    auto connection = host.network().connect(listener->local(), host.clock().deadline_in(seconds(5))).value();
    HttpUrl url{.secure = false, .host = "127.0.0.1", .port = listener->local().port, .target = "/keys?a=b"};
    auto answer = http_get(*connection, url, "application/json", sizes, host.clock().deadline_in(patience));
    connection.reset();
    serving.join();
    return answer;
  }
  std::string request;
};

void say(Connection& connection, const std::string& text) {
  static_cast<void>(connection.write(chain_of(text)));  // the client may have had enough
}

std::string told(const Result<HttpAnswer>& answer) {
  return answer ? std::to_string(answer->status) + " " + answer->body : to_string(answer.error());
}

TEST_P(HttpAsking, TheRequestSaysWhatIsWantedAndTheAnswerIsGivenWhateverItsStatus) {
  run(1, [this](Host& host) {
    auto answer = ask(host, [](Host&, Connection& to) { say(to, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"); });
    EXPECT_EQ(told(answer), "200 ab");
    EXPECT_TRUE(request.starts_with("GET /keys?a=b HTTP/1.1\r\nHost: 127.0.0.1:")) << request;
    EXPECT_NE(request.find("\r\nAccept: application/json\r\n"), std::string::npos);
    EXPECT_NE(request.find("\r\nConnection: close\r\n"), std::string::npos);
    answer = ask(host, [](Host&, Connection& to) {
      say(to, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/other\r\nContent-Length: 0\r\n\r\n");
    });
    EXPECT_EQ(told(answer), "302 ");
  });
}

TEST_P(HttpAsking, AnAnswerMayComeInPiecesAndEndWithTheStream) {
  run(1, [this](Host& host) {
    const std::string body(5000, 'x');
    auto answer = ask(host, [&](Host& there, Connection& to) {
      const std::string all = "HTTP/1.1 200 OK\r\n\r\n" + body;
      for (std::size_t at = 0; at < all.size(); at += 700) {
        say(to, all.substr(at, 700));
        there.clock().sleep_for(milliseconds(1));
      }
      to.shutdown_write();
    });
    EXPECT_EQ(told(answer), "200 " + body);
    answer = ask(host, [](Host& there, Connection& to) {
      for (const char* part :
           {"HTTP/1.1 200 OK\r\nTransfer-Enc", "oding: chunked\r\n\r\n3\r", "\nabc\r\n0\r\n", "\r\n"}) {
        say(to, part);
        there.clock().sleep_for(milliseconds(1));
      }
    });
    EXPECT_EQ(told(answer), "200 abc");
  });
}

TEST_P(HttpAsking, ASlowServerIsGivenUpAtTheDeadlineHoweverLittleIsMissing) {
  run(1, [this](Host& host) {
    auto begun = host.clock().now();
    auto answer = ask(
        host,
        [](Host& there, Connection& to) {
          say(to, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
          // A byte now and then keeps nobody waiting.
          for (int n = 0; n < 100; ++n) {
            if (!to.write(chain_of("x"))) return;
            there.clock().sleep_for(milliseconds(20));
          }
        },
        milliseconds(300));
    EXPECT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::timed_out);
    EXPECT_GE(host.clock().now() - begun, milliseconds(300));
  });
}

TEST_P(HttpAsking, AServerThatSaysTooMuchIsNotHeardToItsEnd) {
  run(1, [this](Host& host) {
    // Says it until the client has closed; returns what that makes of it.
    auto endless = [&](const std::string& begin, const std::string& more) {
      return told(ask(host, [&](Host& there, Connection& to) {
        say(to, begin);
        while (to.write(chain_of(more), there.clock().deadline_in(seconds(5)))) there.clock().sleep_for(Duration(1));
      }));
    };
    EXPECT_EQ(endless("HTTP/1.1 200 OK\r\n", "Name: value\r\n"),
              "corrupt: the answer can't be used: its head is longer than 1000 bytes");
    EXPECT_EQ(endless("HTTP/1.1 200 OK\r\n\r\n", std::string(1000, 'x')),
              "corrupt: the answer can't be used: its body is longer than 10000 bytes");
    EXPECT_EQ(endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
              "too_large: the answer is longer than 21000 bytes");
    EXPECT_EQ(endless("", "HTTP/1.1 100 Continue\r\n\r\n"),
              "corrupt: the answer can't be used: its head is longer than 1000 bytes");
  });
}

TEST_P(HttpAsking, AnAnswerThatIsCutIsNone) {
  run(1, [this](Host& host) {
    for (const char* part : {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
      auto answer = ask(host, [&](Host&, Connection& to) {
        if (*part) say(to, part);
        to.shutdown_write();
      });
      EXPECT_FALSE(answer) << part;
      EXPECT_EQ(answer.error().code, Errc::corrupt) << part << to_string(answer.error());
    }
    auto answer = ask(host, [](Host&, Connection& to) { to.abort(); });
    EXPECT_FALSE(answer);
  });
}

FULMAR_IN_EVERY_WORLD(HttpAsking);

}  // namespace
}  // namespace fulmar
