// What nobody may do to a broker by its console: see it without the token or from another site, keep it busy, or hold
// up its end.
#include "broker/console/console.h"

#include "broker/client/record_browser.h"
#include "tests/console/console_kit.h"

namespace fulmar {
namespace {

HttpRequest get(std::string path, std::string query = "") {
  HttpRequest request;
  request.method = "GET";
  request.path = std::move(path);
  request.query = std::move(query);
  return request;
}

TEST(ConsoleBounds, BadRequestsAreRefusedWithASentence) {
  ConsoleCluster it(11, 1);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1, 1);
    EXPECT_EQ(it.refusal(host, "cluster?x=1", 400), "there is no parameter x here");
    EXPECT_EQ(it.refusal(host, "topics?count=1001", 400), "count must be a number from 1 to 1000");
    EXPECT_EQ(it.refusal(host, "topics?count=0", 400), "count must be a number from 1 to 1000");
    EXPECT_EQ(it.refusal(host, "topics?from=1&from=2", 400), "the parameter from comes twice");
    EXPECT_EQ(it.refusal(host, "topics?sizes=yes", 400), "sizes must be true or false");
    EXPECT_EQ(it.refusal(host, "topics?match=%zz", 400), "a % in the query must be followed by two hex digits");
    EXPECT_EQ(it.refusal(host, "topics/%ff", 400), "the path must be UTF-8");
    EXPECT_EQ(it.refusal(host, "topics/t/records", 400), "partition is needed: whose records?");
    EXPECT_EQ(it.refusal(host, "topics/t/records?partition=0&offset=1&time=2", 400),
              "either offset or time says where to begin");
    EXPECT_EQ(it.refusal(host, "topics/t/records?partition=0&count=501", 400), "count must be a number from 1 to 500");
    EXPECT_EQ(it.refusal(host, "topics/t/records?partition=-1", 400),
              "partition must be a number from 0 to 2147483647");
    EXPECT_NE(it.refusal(host, "topics/a b", 400), "") << "the parser of HTTP refuses it";
    EXPECT_NE(it.refusal(host, "nothing", 404).find("there are /console/api/ cluster"), std::string::npos);
    EXPECT_NE(it.refusal(host, "topics/t/nothing", 404), "");
    EXPECT_NE(it.refusal(host, "configs?broker=77", 502).find("broker 77"), std::string::npos);
    EXPECT_EQ(admin_page(host, it.at(), "/console/api/cluster", "", "POST").status, 405);
    EXPECT_EQ(admin_page(host, it.at(), "/console/nothing").status, 404);
  }));
}

TEST(ConsoleBounds, ThePageIsServedWithAPolicyAndWithoutData) {
  ConsoleCluster it(12, 1);
  ASSERT_TRUE(it.brokers.all_ready());
  ASSERT_TRUE(it.brokers.as_client([&](Host& host, ClusterClient&) {
    auto moved = admin_page(host, it.at(), "/console");
    EXPECT_EQ(moved.status, 308);
    EXPECT_NE(moved.head.find("Location: console/"), std::string::npos);
    auto page = admin_page(host, it.at(), "/console/");
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.head.find("Content-Type: text/html"), std::string::npos);
    EXPECT_NE(page.head.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_NE(page.head.find("Cache-Control: no-store"), std::string::npos);
    EXPECT_NE(page.body.find("default-src 'none'"), std::string::npos);
    EXPECT_EQ(page.body.find("unsafe"), page.body.npos) << "neither inline scripts nor eval";
  }));
}

TEST(ConsoleBounds, ThereIsNoneUnlessItIsWanted) {
  BrokerCluster brokers(13, 1, with_admin());
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient&) {
    const SocketAddress at{brokers.broker(1).address(), admin_port};
    for (const auto* path : {"/console", "/console/", "/console/api/cluster"})
      EXPECT_EQ(admin_page(host, at, path).status, 404) << path;
  }));
  auto alone = BrokerConfig::from({{"admin.http.console", "true"}});
  ASSERT_FALSE(alone.has_value());
  EXPECT_NE(alone.error().detail.find("needs admin.http.listener"), std::string::npos);
}

// A server that takes connections and never says anything.
struct Silent {
  Silent(Host& host, const std::string& address) : listener(*host.network().listen({address, 7})) {
    fibers.spawn("silent", [this] {
      for (;;) {
        auto accepted = listener->accept();
        if (!accepted) return;
        connections.push_back(std::move(*accepted));
      }
    });
  }
  std::unique_ptr<Listener> listener;
  std::vector<std::unique_ptr<Connection>> connections;
  FiberGroup fibers;
};

TEST(ConsoleBounds, ARequestEndsInTimeAndOthersWaitNoLongerThanTheyMay) {
  BrokerCluster brokers(14, 1);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient&) {
    Silent silent(host, brokers.client().address());
    Console console(host, {.requests_max = 1, .waits_max = milliseconds(100), .request_time = milliseconds(500)});
    EXPECT_EQ(console.answer(get("/console/api/cluster")).status, 503) << "it is not started";
    console.start(silent.listener->local());
    const auto begun = host.clock().now();
    int busy = 0, late = 0;
    FiberGroup asking;
    for (int n = 0; n < 3; ++n)
      asking.spawn("ask", [&] {
        auto status = console.answer(get("/console/api/cluster")).status;
        busy += status == 503;
        late += status == 504;
      });
    asking.join();
    EXPECT_EQ(late, 1);
    EXPECT_EQ(busy, 2);
    EXPECT_LT(host.clock().now() - begun, seconds(1));
    // What the first took is free again.
    console.start(brokers.address(1, 9092));
    EXPECT_EQ(console.answer(get("/console/api/cluster")).status, 200);
    console.stop("the broker stops");
    EXPECT_EQ(console.answer(get("/console/api/cluster")).body, "{\"error\": \"the broker stops\"}\n");
  }));
}

TEST(ConsoleBounds, AnswersAreNoLargerThanTheyMayBe) {
  BrokerCluster brokers(15, 1);
  ASSERT_TRUE(brokers.all_ready());
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1, 1);
    ProducerOptions options;
    options.codec = Compression::zstd;
    Producer producer(host, cluster, options);
    for (int i = 0; i < 30; ++i)
      ASSERT_EQ(producer.send("t", 0, {{std::nullopt, std::string(100'000, 'x'), World::epoch_ms, {}}}).outcome,
                Delivery::Outcome::ok);
    Console console(host, {.answer_bytes = 300'000});
    console.start(brokers.address(1, 9092));
    auto answer = console.answer(get("/console/api/topics/t/records", "partition=0&offset=0&count=30"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_LE(answer.body.size(), 310'000u);
    auto shown = Shown::parse(answer.body);
    ASSERT_GE(shown["records"].size(), 1u);
    EXPECT_LT(shown["records"].size(), 5u);
    EXPECT_EQ(shown["next"], shown["records"].size()) << "where to go on";
    EXPECT_EQ(shown["records"][0]["value"]["size"], 100'000);
    EXPECT_EQ(shown["records"][0]["value"]["cut"], true);
    EXPECT_EQ(shown["records"][0]["value"]["text"].get<std::string>().size(), 64u << 10);
    // Reading on comes to the end, by whatever bound each step ends.
    BrowseLimits small{.records_max = 7, .bytes_max = 200'000, .walked_bytes_max = 450'000};
    Offset next = 0;
    std::vector<Offset> seen;
    for (int steps = 0; next < 30 && steps < 30; ++steps) {
      auto found = browse_records(cluster, "t", 0, next, small);
      ASSERT_TRUE(found) << to_string(found.error());
      for (const auto& record : found->records) seen.push_back(record.offset);
      ASSERT_GT(found->next, next);
      next = found->next;
    }
    ASSERT_EQ(seen.size(), 30u);
    for (Offset n = 0; n < 30; ++n) EXPECT_EQ(seen[static_cast<std::size_t>(n)], n);
  }));
}

TEST(ConsoleBounds, ABrokerEndsWhileItsConsoleIsAsked) {
  ConsoleCluster it(16);
  ASSERT_TRUE(it.brokers.all_ready());
  it.brokers.client().start(1, [&](Host& host) {
    FiberGroup asking;
    for (int n = 0; n < 8; ++n)
      asking.spawn("ask", [&] {
        while (it.brokers.broker(1).running()) {
          it.page(host, "topics?sizes=true");
          host.clock().sleep_for(milliseconds(1));
        }
      });
    asking.join();
    return 0;
  });
  it.brokers.world.run_until([] { return false; }, it.brokers.world.now() + seconds(2));
  const auto begun = it.brokers.world.now();
  EXPECT_TRUE(it.brokers.stop());
  EXPECT_LT(it.brokers.world.now() - begun, seconds(20));
  EXPECT_TRUE(it.brokers.failures.empty());
}

}  // namespace
}  // namespace fulmar
