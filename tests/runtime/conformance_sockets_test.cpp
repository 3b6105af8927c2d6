#include "runtime/host/network.h"

#include "world_under_test.h"

namespace fulmar {
namespace {

using Sockets = WorldUnderTest;
FULMAR_IN_EVERY_WORLD(Sockets);

struct Pair {
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Connection> client;
  std::unique_ptr<Connection> server;
};

Pair connected(Host& host) {
  Pair pair;
  pair.listener = host.network().listen({"127.0.0.1", 0}).value();
  EXPECT_NE(pair.listener->local().port, 0);
  FiberGroup accepting;
  accepting.spawn("accept", [&] { pair.server = pair.listener->accept().value(); });
  pair.client = host.network().connect(pair.listener->local(), host.clock().deadline_in(seconds(5))).value();
  accepting.join();
  return pair;
}

std::string read_some(Connection& connection, std::size_t count) {
  std::string text;
  while (text.size() < count) {
    char buffer[1000];
    auto read = connection.read(std::span(buffer).first(std::min(sizeof buffer, count - text.size())));
    if (!read || *read == 0) break;
    text.append(buffer, *read);
  }
  return text;
}

TEST_P(Sockets, BytesGoBothWaysInOrder) {
  run(1, [](Host& host) {
    auto pair = connected(host);
    std::string sent;
    FiberGroup group;
    group.spawn("writer", [&] {
      for (int i = 0; i < 200; ++i) {
        std::string piece(static_cast<std::size_t>(i * 7 % 500), static_cast<char>('a' + i % 26));
        sent += piece;
        ASSERT_TRUE(pair.client->write(chain_of(piece)));
      }
      pair.client->shutdown_write();
    });
    std::string got;
    for (;;) {
      char buffer[333];
      auto read = pair.server->read(buffer);
      ASSERT_TRUE(read.has_value());
      if (*read == 0) break;
      got.append(buffer, *read);
    }
    group.join();
    EXPECT_EQ(got, sent);
    ASSERT_TRUE(pair.server->write(chain_of("still open this way")));
    EXPECT_EQ(read_some(*pair.client, 19), "still open this way");
  });
}

TEST_P(Sockets, ManyPartsGoInOneWrite) {
  run(1, [](Host& host) {
    auto pair = connected(host);
    ByteChain many;
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
      auto part = std::to_string(i) + ",";
      expected += part;
      many.append(Bytes::copy_of(part));
    }
    ASSERT_TRUE(pair.client->write(many));
    EXPECT_EQ(read_some(*pair.server, expected.size()), expected);
  });
}

TEST_P(Sockets, AReadTimesOutAndTheConnectionIsAsGoodAsBefore) {
  run(1, [](Host& host) {
    auto pair = connected(host);
    char buffer[10];
    EXPECT_EQ(pair.server->read(buffer, host.clock().deadline_in(milliseconds(5))).error().code, Errc::timed_out);
    ASSERT_TRUE(pair.client->write(chain_of("x")));
    EXPECT_EQ(*pair.server->read(buffer), 1u);
  });
}

TEST_P(Sockets, AWriterWhoIsNotReadIsHeldBack) {
  run(1, [](Host& host) {
    auto pair = connected(host);
    auto written =
        pair.client->write(chain_of(std::string(64 << 20, 'x')), host.clock().deadline_in(milliseconds(100)));
    EXPECT_EQ(written.error().code, Errc::timed_out);
  });
}

TEST_P(Sockets, AbortWakesTheReaderAndThePeerHearsOfIt) {
  run(1, [](Host& host) {
    auto pair = connected(host);
    FiberGroup group;
    Errc code{};
    group.spawn("reader", [&] {
      char buffer[10];
      auto read = pair.client->read(buffer);
      // An aborted socket may show as the end of the stream before it shows as closed.
      code = read ? Errc::closed : read.error().code;
    });
    host.clock().sleep_for(milliseconds(2));
    pair.client->abort();
    group.join();
    EXPECT_EQ(code, Errc::closed);
    char buffer[10];
    auto heard = pair.server->read(buffer, host.clock().deadline_in(seconds(5)));
    EXPECT_TRUE(heard ? *heard == 0 : heard.error().code == Errc::reset);
  });
}

TEST_P(Sockets, ClosingEndsThePeersStream) {
  run(1, [](Host& host) {
    auto pair = connected(host);
    ASSERT_TRUE(pair.server->write(chain_of("bye")));
    pair.server.reset();
    EXPECT_EQ(read_some(*pair.client, 10), "bye");
  });
}

TEST_P(Sockets, NobodyListeningIsRefused) {
  run(1, [](Host& host) {
    auto listener = host.network().listen({"127.0.0.1", 0}).value();
    auto address = listener->local();
    listener.reset();
    EXPECT_EQ(host.network().connect(address, host.clock().deadline_in(seconds(5))).error().code, Errc::refused);
  });
}

TEST_P(Sockets, AnAddressIsTakenOnceUnlessItIsShared) {
  run(1, [](Host& host) {
    auto alone = host.network().listen({"127.0.0.1", 0}).value();
    EXPECT_EQ(host.network().listen(alone->local()).error().code, Errc::address_in_use);
    auto first = host.network().listen({"127.0.0.1", 0}, true).value();
    EXPECT_TRUE(host.network().listen(first->local(), true).has_value());
  });
}

TEST_P(Sockets, ClosingAListenerWakesWhoAccepts) {
  run(1, [](Host& host) {
    auto listener = host.network().listen({"127.0.0.1", 0}).value();
    FiberGroup group;
    group.spawn("accept", [&] { EXPECT_EQ(listener->accept().error().code, Errc::closed); });
    host.clock().sleep_for(milliseconds(2));
    listener->close();
    group.join();
  });
}

TEST_P(Sockets, ACancelledReaderAndAcceptorUnwind) {
  run(1, [](Host& host) {
    auto pair = connected(host);
    FiberGroup group;
    group.spawn("reader", [&] {
      char buffer[10];
      (void)pair.client->read(buffer);
      ADD_FAILURE() << "there was nothing to read";
    });
    group.spawn("accept", [&] {
      (void)pair.listener->accept();
      ADD_FAILURE() << "nobody came";
    });
    host.clock().sleep_for(milliseconds(2));
    group.cancel();
    group.join();
    ASSERT_TRUE(pair.server->write(chain_of("x")));
    EXPECT_EQ(read_some(*pair.client, 1), "x") << "the connection is as good as before";
  });
}

TEST_P(Sockets, NumericAddressesResolveToThemselves) {
  run(1, [](Host& host) {
    if (std::string(GetParam()) == "sim") return;  // its machines have addresses of their own
    EXPECT_EQ(host.network().resolve("127.0.0.1", 5, Deadline::never()).value(),
              (std::vector<SocketAddress>{{"127.0.0.1", 5}}));
    EXPECT_FALSE(host.network().resolve("no.such.host.invalid", 5, Deadline::never()).has_value());
  });
}

// Where the machine has IPv6, a listener at all of its addresses has IPv4 peers too.
TEST_P(Sockets, AnIpv4PeerHasItsAddressAlsoAtAnIpv6Listener) {
  if (std::string(GetParam()) == "sim") GTEST_SKIP() << "simulated machines have IPv4 only";
  run(1, [](Host& host) {
    auto listener = host.network().listen({"::", 0});
    if (!listener) return;
    std::unique_ptr<Connection> server;
    FiberGroup accepting;
    accepting.spawn("accept", [&] { server = (*listener)->accept().value(); });
    auto client =
        host.network().connect({"127.0.0.1", (*listener)->local().port}, host.clock().deadline_in(seconds(5)));
    ASSERT_TRUE(client.has_value());
    accepting.join();
    EXPECT_EQ(server->peer().host, "127.0.0.1");
    EXPECT_EQ(server->peer(), (*client)->local());
    EXPECT_EQ(server->local().host, "127.0.0.1");
  });
}

TEST(Addresses, AreParsedOrRefused) {
  EXPECT_EQ(*parse_host_port("h:1"), (SocketAddress{"h", 1}));
  EXPECT_EQ(*parse_host_port("[::1]:65535"), (SocketAddress{"::1", 65535}));
  EXPECT_EQ(to_string(SocketAddress{"::1", 80}), "[::1]:80");
  for (auto bad : {"", "h", "h:", "h:x", "h:65536", "h:-1", "::1:9", "[::1:9"})
    EXPECT_FALSE(parse_host_port(bad).has_value()) << bad;
}

struct Told final : ReadinessListener {
  void ready() noexcept override {
    ++times;
    event.set();
  }
  int times = 0;
  Event event;
};

TEST_P(Sockets, WhoAsksIsToldOnceThatThereIsSomethingToRead) {
  run(1, [](Host& host) {
    auto pair = connected(host);
    for (int round = 0; round < 5; ++round) {
      Told told;
      pair.server->when_readable(&told);
      host.clock().sleep_for(milliseconds(20));
      EXPECT_EQ(told.times, 0);
      ASSERT_TRUE(pair.client->write(chain_of("x")));
      EXPECT_EQ(told.event.wait(host.clock().deadline_in(seconds(5))), WaitResult::woken);
      // Data that is there already is notified at once.
      Told again;
      pair.server->when_readable(&again);
      EXPECT_EQ(again.event.wait(host.clock().deadline_in(seconds(5))), WaitResult::woken);
      EXPECT_EQ(read_some(*pair.server, 1), "x");
      EXPECT_EQ(told.times, 1);
      EXPECT_EQ(again.times, 1);
      char byte = 0;
      auto none = pair.server->read({&byte, 1}, Deadline{host.clock().now()});
      ASSERT_FALSE(none.has_value());
      EXPECT_EQ(none.error().code, Errc::timed_out);
    }
  });
}

TEST_P(Sockets, TheEndAndAnAbortAreToldAndWhoTookItBackIsNotTold) {
  run(1, [](Host& host) {
    auto pair = connected(host);
    Told taken_back;
    pair.server->when_readable(&taken_back);
    pair.server->when_readable(nullptr);
    Told end;
    pair.server->when_readable(&end);
    pair.client->shutdown_write();
    EXPECT_EQ(end.event.wait(host.clock().deadline_in(seconds(5))), WaitResult::woken);
    Told aborted;
    pair.client->when_readable(&aborted);
    host.clock().sleep_for(milliseconds(20));
    EXPECT_EQ(aborted.times, 0);
    pair.client->abort();
    EXPECT_EQ(aborted.event.wait(host.clock().deadline_in(seconds(5))), WaitResult::woken);
    EXPECT_EQ(taken_back.times, 0);
    Told never;
    auto other = connected(host);
    other.server->when_readable(&never);
    other.server.reset();
    other.client.reset();
    host.clock().sleep_for(milliseconds(20));
    EXPECT_EQ(never.times, 0);
  });
}

TEST_P(Sockets, WritingWithoutWaitingTakesWhatThereIsRoomForAndTellsWhenThereIsMore) {
  run(1, [](Host& host) {
    auto pair = connected(host);
    std::string sent;
    for (int i = 0; sent.size() < 20'000'000; ++i) sent += std::string(1000, static_cast<char>('a' + i % 26));
    ByteChain chain;
    for (std::size_t at = 0; at < sent.size(); at += 500'000) chain.append(Bytes::copy_of(sent.substr(at, 500'000)));
    std::size_t done = 0;
    for (;;) {
      auto written = pair.client->write_some(chain, done);
      ASSERT_TRUE(written.has_value());
      if (*written == 0) break;
      done += *written;
    }
    ASSERT_GT(done, 0u);
    ASSERT_LT(done, sent.size());
    FiberGroup group;
    std::string got;
    group.spawn("read", [&] { got = read_some(*pair.server, sent.size()); });
    while (done < sent.size()) {
      Told room;
      pair.client->when_writable(&room);
      ASSERT_EQ(room.event.wait(host.clock().deadline_in(seconds(10))), WaitResult::woken);
      auto written = pair.client->write_some(chain, done);
      ASSERT_TRUE(written.has_value());
      done += *written;
    }
    group.join();
    EXPECT_TRUE(got == sent);
  });
}

}  // namespace
}  // namespace fulmar
