// The HTTP server in every world: it answers, keeps connections, and gets rid of clients that are slow, malformed or
// too many.
#include "runtime/http/server.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "runtime/fiber/group.h"
#include "world_under_test.h"

namespace fulmar {
namespace {

class HttpServing : public WorldUnderTest {
 protected:
  // Runs `talk` beside a server that echoes method, path and body.
  void serve(HttpLimits limits, const std::function<void(Host&, const SocketAddress&)>& talk) {
    run(1, [&](Host& host) {
      HttpServer server(
          host, host.network().listen({"127.0.0.1", 0}).value(),
          [](const HttpRequest& request) {
            if (request.path == "/missing") return http_error(404, "there is no \"missing\"");
            return HttpResponse{.body = request.method + " " + request.path + " " + request.body,
                                .content_type = "text/plain"};
          },
          limits);
      FiberGroup serving;
      serving.spawn("http", [&server] { server.run(); });
      talk(host, server.local());
      server.close();
      serving.join();
    });
  }
};

std::unique_ptr<Connection> connect(Host& host, const SocketAddress& to) {
  return host.network().connect(to, host.clock().deadline_in(seconds(5))).value();
}

// Reads until the text has come, or the connection ends.
std::string read_until(Host& host, Connection& connection, const std::string& text) {
  std::string all;
  std::array<char, 1000> buffer;
  while (text.empty() || all.find(text) == std::string::npos) {
    auto count = connection.read(buffer, host.clock().deadline_in(seconds(20)));
    if (!count || *count == 0) break;
    all.append(buffer.data(), *count);
  }
  return all;
}
std::string read_all(Host& host, Connection& connection) {
  return read_until(host, connection, "");
}

TEST_P(HttpServing, AnswersRequestsOneAfterTheOtherOnOneConnection) {
  serve({}, [](Host& host, const SocketAddress& at) {
    auto connection = connect(host, at);
    ASSERT_TRUE(connection->write(chain_of("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")));
    auto first = read_until(host, *connection, "GET /a ");
    EXPECT_TRUE(first.starts_with("HTTP/1.1 200 OK\r\n")) << first;
    EXPECT_NE(first.find("Connection: keep-alive\r\n"), std::string::npos) << first;
    EXPECT_NE(first.find("Content-Length: 7\r\n"), std::string::npos) << first;
    // Two at once: the second asks to close.
    ASSERT_TRUE(
        connection->write(chain_of("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
                                   "GET /missing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")));
    auto rest = read_all(host, *connection);
    EXPECT_NE(rest.find("POST /b hi"), std::string::npos) << rest;
    EXPECT_NE(rest.find("HTTP/1.1 404 Not Found\r\n"), std::string::npos) << rest;
    EXPECT_TRUE(rest.ends_with("{\"error\": \"there is no \\\"missing\\\"\"}\n")) << rest;
  });
}

TEST_P(HttpServing, AHeadRequestGetsNoBody) {
  serve({}, [](Host& host, const SocketAddress& at) {
    auto connection = connect(host, at);
    ASSERT_TRUE(connection->write(chain_of("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")));
    auto all = read_all(host, *connection);
    EXPECT_TRUE(all.ends_with("\r\n\r\n")) << all;
    EXPECT_NE(all.find("Content-Length: 8\r\n"), std::string::npos) << all;
  });
}

TEST_P(HttpServing, MalformedRequestsAreAnsweredAndTheConnectionIsClosed) {
  serve({}, [](Host& host, const SocketAddress& at) {
    auto connection = connect(host, at);
    // More than is read at once, so that the client would see a reset if the rest were not read.
    ASSERT_TRUE(connection->write(chain_of("nonsense\r\n\r\n" + std::string(300'000, 'x'))));
    connection->shutdown_write();
    auto all = read_all(host, *connection);
    EXPECT_TRUE(all.starts_with("HTTP/1.1 400 Bad Request\r\n")) << all;
    EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos) << all;
    EXPECT_NE(all.find("{\"error\": \"the request is malformed"), std::string::npos) << all;
  });
}

TEST_P(HttpServing, ABodyIsAskedForOnlyIfItIsNotTooLarge) {
  serve({}, [](Host& host, const SocketAddress& at) {
    auto connection = connect(host, at);
    ASSERT_TRUE(connection->write(
        chain_of("POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")));
    EXPECT_EQ(read_until(host, *connection, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    ASSERT_TRUE(connection->write(chain_of("abc")));
    EXPECT_NE(read_until(host, *connection, "POST /c abc").find("200 OK"), std::string::npos);
    auto other = connect(host, at);
    ASSERT_TRUE(other->write(
        chain_of("POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")));
    EXPECT_TRUE(read_until(host, *other, "bytes\"}").starts_with("HTTP/1.1 413 "));
  });
}

TEST_P(HttpServing, SlowRequestsAreEndedAndIdleConnectionsClosed) {
  HttpLimits limits{.request_time = milliseconds(100), .idle_time = milliseconds(300)};
  serve(limits, [](Host& host, const SocketAddress& at) {
    auto slow = connect(host, at);
    ASSERT_TRUE(slow->write(chain_of("GET / HTTP/1.1\r\nHo")));
    EXPECT_TRUE(read_all(host, *slow).starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    auto idle = connect(host, at);
    auto begun = host.clock().now();
    EXPECT_EQ(read_all(host, *idle), "");
    EXPECT_GE(host.clock().now() - begun, milliseconds(250));
  });
}

TEST_P(HttpServing, TooManyConnectionsAreTurnedAwayUntilOthersEnd) {
  serve({.connections_max = 2}, [](Host& host, const SocketAddress& at) {
    std::array<std::unique_ptr<Connection>, 2> kept;
    for (auto& connection : kept) {
      connection = connect(host, at);
      ASSERT_TRUE(connection->write(chain_of("GET / HTTP/1.1\r\nHost: x\r\n\r\n")));
      read_until(host, *connection, "GET / ");
    }
    auto third = connect(host, at);
    EXPECT_TRUE(read_until(host, *third, "connections\"}").starts_with("HTTP/1.1 503 "));
    third.reset();
    kept[0].reset();
    // The server notices the end of a connection some time later.
    std::string answer;
    for (int tries = 0; tries < 1000 && !answer.starts_with("HTTP/1.1 200"); ++tries) {
      auto again = connect(host, at);
      if (again->write(chain_of("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")))
        answer = read_all(host, *again);
    }
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  });
}

FULMAR_IN_EVERY_WORLD(HttpServing);

}  // namespace
}  // namespace fulmar
