// A broker's metrics and health over HTTP, in the simulated world: what is counted, when the broker is ready, and when
// it no longer lives.
#include <set>

#include "broker/server/admin/admin_listener.h"
#include "broker/server/admin/health.h"
#include "broker/server/admin/metrics_query.h"
#include "broker/server/broker_with_admin.h"
#include "tests/admin/admin_kit.h"
#include "tests/server/broker_test_kit.h"

namespace fulmar {
namespace {

const SocketAddress admin_address{"10.0.0.1", admin_port};

TEST(Metrics, CountWhatClientsAskedForAndWhatTheyWereAnswered) {
  BrokerWorld it(with_admin());
  it.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 2);
    EXPECT_EQ(produce(peer, "t", 0, batch_of(3, "abc")).error_code, ErrorCode::none);
    EXPECT_EQ(produce(peer, "t", 1, batch_of(2, "abc")).error_code, ErrorCode::none);
    EXPECT_EQ(produce(peer, "t", 7, batch_of(1, "abc")).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(values_of(fetch(peer, {"t", 0}).records).size(), 3u);
    auto found = scrape(host, admin_address);
    EXPECT_EQ(found.at("fulmar_produced_records_total"), 5);
    EXPECT_GT(found.at("fulmar_produced_bytes_total"), 100);
    EXPECT_EQ(found.at("fulmar_fetched_records_total"), 3);
    EXPECT_GT(found.at("fulmar_fetched_bytes_total"), 60);
    EXPECT_EQ(found.at("fulmar_request_duration_seconds_count{api=\"Produce\"}"), 3);
    EXPECT_EQ(found.at("fulmar_request_duration_seconds_bucket{api=\"Produce\",le=\"+Inf\"}"), 3);
    EXPECT_GT(found.at("fulmar_request_duration_seconds_sum{api=\"Produce\"}"), 0);
    EXPECT_EQ(found.at("fulmar_request_errors_total{api=\"Produce\",error=\"UNKNOWN_TOPIC_OR_PARTITION\"}"), 1);
    EXPECT_FALSE(found.contains("fulmar_request_errors_total{api=\"Fetch\",error=\"NONE\"}"));
    EXPECT_GT(found.at("fulmar_request_bytes_total{api=\"Produce\"}"), 200);
    EXPECT_GT(found.at("fulmar_response_bytes_total{api=\"Fetch\"}"), 60);
    EXPECT_FALSE(found.contains("fulmar_request_bytes_total{api=\"Heartbeat\"}")) << "it was never asked";
    EXPECT_EQ(found.at("fulmar_connections{listener=\"PLAINTEXT\"}"), 1);
    EXPECT_EQ(found.at("fulmar_partitions_led{shard=\"0\"}") + found.at("fulmar_partitions_led{shard=\"1\"}"), 2);
    EXPECT_EQ(found.at("fulmar_partitions_under_replicated"), 0);
    EXPECT_EQ(found.at("fulmar_leaderships_won_total"), 2);
    EXPECT_EQ(found.at("fulmar_elections_begun_total"), 0) << "groups of one need none";
    EXPECT_GT(found.at("fulmar_log_size_bytes"), 0);
    EXPECT_EQ(found.at("fulmar_controller_active"), 1);
    EXPECT_EQ(found.at("fulmar_cluster_partitions"), 2);
    EXPECT_EQ(found.at("fulmar_cluster_partitions_offline"), 0);
    EXPECT_EQ(found.at("fulmar_broker_ready"), 1);
    EXPECT_FALSE(found.contains("process_cpu_seconds_total")) << "a simulated process uses no processor";
    // A repeated batch is not counted again.
    BatchOptions idempotent;
    idempotent.producer_id = peer.call<InitProducerIdResponse>(InitProducerIdRequest{}, 4).producer_id;
    idempotent.producer_epoch = 0;
    idempotent.base_sequence = 0;
    for (int time = 0; time < 2; ++time)
      EXPECT_EQ(produce(peer, "t", 0, batch_of(1, "once", idempotent)).error_code, ErrorCode::none);
    EXPECT_EQ(scrape(host, admin_address).at("fulmar_produced_records_total"), 6);
  });
}

TEST(Metrics, TopicsAreShownOnDemandAndAsConfigured) {
  BrokerWorld it(with_admin({{"admin.http.metrics.topics", "always"}}));
  it.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "always", 1);
    create_topic(peer, "asked", 2);
    create_topic(peer, "other", 1);
    produce(peer, "asked", 1, batch_of(4, "x"));
    auto found = scrape(host, admin_address, "?topics=asked,missing");
    EXPECT_EQ(found.at("fulmar_partition_high_watermark{topic=\"asked\",partition=\"1\"}"), 4);
    EXPECT_EQ(found.at("fulmar_partition_log_end_offset{topic=\"asked\",partition=\"0\"}"), 0);
    EXPECT_EQ(found.at("fulmar_partition_led{topic=\"asked\",partition=\"1\"}"), 1);
    EXPECT_EQ(found.at("fulmar_partition_in_sync_replicas{topic=\"asked\",partition=\"1\"}"), 1);
    EXPECT_EQ(found.at("fulmar_partition_led{topic=\"always\",partition=\"0\"}"), 1);
    EXPECT_FALSE(found.contains("fulmar_partition_led{topic=\"other\",partition=\"0\"}"));
    EXPECT_FALSE(scrape(host, admin_address).contains("fulmar_partition_led{topic=\"asked\",partition=\"1\"}"));
  });
}

TEST(Metrics, OpenMetricsIsSentToWhoPrefersIt) {
  BrokerWorld it(with_admin());
  it.run([](Host& host) {
    auto page = admin_page(host, admin_address, "/metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n");
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.head.find("Content-Type: application/openmetrics-text; version=1.0.0"), std::string::npos);
    EXPECT_TRUE(page.body.ends_with("# EOF\n"));
    auto older = admin_page(host, admin_address, "/metrics");
    EXPECT_NE(older.head.find("Content-Type: text/plain; version=0.0.4"), std::string::npos) << older.head;
  });
}

TEST(AdminListener, RefusesWhatItDoesNotServeWithASentence) {
  BrokerWorld it(with_admin());
  it.run([](Host& host) {
    auto status = [&](const std::string& target, const std::string& method = "GET") {
      return admin_page(host, admin_address, target, "", method).status;
    };
    EXPECT_EQ(status("/"), 200);
    EXPECT_EQ(status("/nothing"), 404);
    EXPECT_EQ(status("/metrics", "POST"), 405);
    EXPECT_EQ(status("/metrics", "HEAD"), 200);
    EXPECT_EQ(status("/metrics?colour=red"), 400);
    EXPECT_EQ(status("/metrics?topics=%zz"), 400);
    EXPECT_EQ(status("/metrics?topics=%ff"), 400);
    EXPECT_EQ(status("/health/live?verbose=1"), 400);
    auto many = std::string("/metrics?topics=");
    for (int i = 0; i < 101; ++i) many += "t" + std::to_string(i) + ",";
    EXPECT_EQ(status(many), 400);
    EXPECT_EQ(admin_page(host, admin_address, "/nothing").body,
              "{\"error\": \"there is no /nothing; GET / says what there is\"}\n");
  });
}

TEST(AdminListener, MetricsNeedTheTokenAndHealthDoesNot) {
  BrokerWorld it(with_admin());
  it.stop();
  auto settings = AdminSettings::from(it.config.properties).value();
  settings.token = "correct horse battery";
  it.ready = false;
  it.broker.start(2, [&](Host& host) {
    return run_broker(host, it.config, settings, {.ready = [&](const SocketAddress&) { it.ready = true; }}) ? 0 : 1;
  });
  ASSERT_TRUE(it.world.run_until([&] { return it.ready; }, it.world.now() + seconds(60)));
  it.run([](Host& host) {
    auto status = [&](const std::string& header) { return admin_page(host, admin_address, "/metrics", header).status; };
    EXPECT_EQ(status(""), 401);
    EXPECT_EQ(status("Authorization: Bearer correct horse batterx\r\n"), 401);
    EXPECT_EQ(status("Authorization: Bearer correct horse battery \r\n"), 200) << "blanks at the end are no part of it";
    EXPECT_EQ(status("Authorization: Bearer correct horse\r\n"), 401);
    EXPECT_EQ(status("Authorization: Basic correct horse battery\r\n"), 401);
    EXPECT_EQ(status("Authorization: Bearer correct horse battery\r\n"), 200);
    EXPECT_NE(admin_page(host, admin_address, "/metrics").head.find("WWW-Authenticate: Bearer"), std::string::npos);
    EXPECT_EQ(admin_page(host, admin_address, "/health/ready").status, 200);
    EXPECT_EQ(admin_page(host, admin_address, "/health/live").status, 200);
  });
}

TEST(AdminListener, IsNotThereUnlessItIsConfigured) {
  BrokerWorld it;
  it.run([](Host& host) { EXPECT_EQ(admin_page(host, admin_address, "/health/live").status, 0); });
}

TEST(MetricsQuery, NamesComeInListsOrOneByOne) {
  auto asked = MetricsQuery::parse("topics=a,b&groups=g%201&group=x%2Cy&topics=b,c&groups=p%2Cq&topic=%C3%BC");
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->topics, (std::vector<std::string>{"a", "b", "c", "\xc3\xbc"}));
  EXPECT_EQ(asked->groups, (std::vector<std::string>{"g 1", "x,y", "p", "q"}));
  for (auto refused : {"x", "=a", "topics", "topics=%1", "&&x=1"})
    EXPECT_FALSE(MetricsQuery::parse(refused)) << refused;
  EXPECT_TRUE(MetricsQuery::parse("topics=&groups="));
}

TEST(Health, ABrokerThatRecoversLivesAndIsNotReady) {
  BrokerWorld it(with_admin());
  it.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 8);
    for (int i = 0; i < 8; ++i) produce(peer, "t", i, batch_of(50, std::string(1000, 'x')));
    EXPECT_EQ(admin_page(host, admin_address, "/health/ready").body, "{\"status\": \"ready\", \"reasons\": []}\n");
  });
  it.broker.power_loss();
  it.broker.disk().set_faults({.slow_factor = 2'000});
  it.ready = false;
  it.broker.start(2, [&](Host& host) {
    return run_broker(host, it.config, {.ready = [&](const SocketAddress&) { it.ready = true; }}) ? 0 : 1;
  });
  std::set<std::string> said;
  it.run([&](Host& host) {
    auto end = host.clock().now() + seconds(300);
    for (bool ready = false; !ready && host.clock().now() < end; host.clock().sleep_for(milliseconds(20))) {
      auto health = admin_page(host, admin_address, "/health/ready");
      if (health.status == 0) continue;  // it does not listen yet
      ready = health.status == 200;
      EXPECT_EQ(admin_page(host, admin_address, "/health/live").status, 200);
      auto code = health.body.find("\"code\": \"");
      if (code != std::string::npos)
        said.insert(health.body.substr(code + 9, health.body.find('"', code + 9) - code - 9));
    }
    EXPECT_EQ(admin_page(host, admin_address, "/health/ready").status, 200);
  });
  EXPECT_TRUE(said.contains("starting"));
  EXPECT_TRUE(said.contains("recovering"));
  it.broker.disk().set_faults({});
}

TEST(Health, AShardThatHangsIsTheEndOfLiving) {
  BrokerWorld it(with_admin());
  auto live = [&] {
    AdminPage page;
    it.run([&](Host& host) { page = admin_page(host, admin_address, "/health/live"); });
    return page;
  };
  EXPECT_EQ(live().status, 200);
  it.broker.stall_shard(1);
  it.world.run_for(seconds(9));
  EXPECT_EQ(live().status, 200) << "that may pass";
  it.world.run_for(seconds(2));
  auto stuck = live();
  EXPECT_EQ(stuck.status, 503);
  EXPECT_TRUE(
      stuck.body.starts_with("{\"status\": \"stuck\", \"reasons\": [{\"code\": \"shard_stuck\", \"detail\": "
                             "\"Shard 1 has done nothing for 1"))
      << stuck.body;
  it.run([](Host& host) { EXPECT_EQ(admin_page(host, admin_address, "/metrics").status, 503); });
  it.broker.end_stalls();
  it.world.run_for(seconds(1));
  EXPECT_EQ(live().status, 200);
  it.run([](Host& host) {
    auto found = scrape(host, admin_address);
    EXPECT_EQ(found.at("fulmar_shard_lag_seconds_count{shard=\"1\"}") -
                  found.at("fulmar_shard_lag_seconds_bucket{shard=\"1\",le=\"10.0\"}"),
              1);
  });
}

TEST(Health, EachReasonIsTold) {
  auto codes = [](const ReadinessFacts& facts) {
    std::string all;
    for (const auto& reason : reasons_against_readiness(facts)) all += std::string(reason.code) + " ";
    return all;
  };
  const ReadinessFacts good{.phase = BrokerPhase::serving, .controller_known = true, .metadata_current = true};
  EXPECT_EQ(codes(good), "");
  EXPECT_EQ(codes({}), "starting ");
  EXPECT_EQ(codes({.phase = BrokerPhase::joining}), "joining ");
  EXPECT_EQ(codes({.phase = BrokerPhase::stopping, .controller_known = true}), "stopping ");
  EXPECT_EQ(codes({.phase = BrokerPhase::serving, .fenced = true, .partitions_opening = 3}),
            "no_controller metadata_behind fenced recovering ");
}

}  // namespace
}  // namespace fulmar
