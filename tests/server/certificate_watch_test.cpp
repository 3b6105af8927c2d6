// Certificates that are replaced while a broker runs: which are taken and when, and what is said of the others.
#include <gtest/gtest.h>

#include "broker/security/tls/certificate_names.h"
#include "broker/security/tls/tls_connection.h"
#include "broker/server/certificate_watch.h"
#include "tests/runtime/log_lines.h"
#include "tests/security/test_certificates.h"
#include "tests/server/broker_test_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

using namespace test_certificates;  // NOLINT: all of it is named here

const std::string of_broker = std::string(server_certificate) + server_key;
const std::string of_alice = std::string(client_certificate) + client_key;
const std::string of_stranger = std::string(stranger_certificate) + stranger_key;

// As somebody at the machine does: the file has the new content at once.
void put(Node& machine, const std::string& name, const std::string& content) {
  auto file = std::make_shared<FileImage>();
  file->write(0, ByteChain(Bytes::copy_of(content)));
  file->sync(file->mark());
  auto& image = machine.disk().image();
  image.link(image.directory(""), name, {.file = std::move(file), .directory = nullptr});
}

ListenerTls tls_of(const std::string& keystore, const std::string& truststore = "") {
  ListenerTls tls;
  tls.keystore_type = tls.truststore_type = StoreType::pem;
  tls.keystore_file = keystore;
  tls.truststore_file = truststore;
  if (!truststore.empty()) tls.settings.client_auth = ClientAuth::required;
  return tls;
}

// A watch over one listener, on a machine with its files.
class WatchedListener {
 public:
  explicit WatchedListener(ListenerTls tls)
      : world_(1, LogLevel::error), machine_(world_.add_node("broker")), tls_(std::move(tls)) {}
  ~WatchedListener() {
    machine_.kill();
    EXPECT_TRUE(world_.leaks().empty()) << world_.leaks().front();
  }

  void start() {
    machine_.start(1, [this](Host& host) {
      CertificateWatch watch(host, nullptr, Logger(log, "certificates"));
      auto added = watch.add("SSL", tls_, [&](const TlsSettings& settings) {
        auto made = TlsContext::make(settings, TlsEnd::server, host.entropy());
        if (made) taken.push_back(certificate_names(**made).front());
        return made;
      });
      if (!added) failure = added.error().detail;
      if (!added) return 1;
      watch_ = &watch;
      watch.start();
      host.stop_requested().wait();
      watch_ = nullptr;
      watch.stop();
      return 0;
    });
    pass(milliseconds(100));
  }
  void put(const std::string& name, const std::string& content) { fulmar::put(machine_, name, content); }
  void remove(const std::string& name) { machine_.disk().lose(name); }
  void pass(Duration time) { world_.run_for(time); }
  Node& machine() { return machine_; }
  const CertificateWatch& watch() const { return *watch_; }
  std::int64_t said(const std::string& words) const {
    return std::ranges::count_if(log.lines, [&](const auto& line) { return line.find(words) != std::string::npos; });
  }

  std::vector<std::string> taken;  // the subjects of certificates that were used, in order
  std::string failure;
  LogLines log;

 private:
  World world_;
  Node& machine_;
  const ListenerTls tls_;
  const CertificateWatch* watch_ = nullptr;
};

constexpr Duration two_looks = 2 * CertificateWatch::look_interval + seconds(1);

TEST(CertificateWatch, NewCertificatesAreTakenOnceTwoLooksHaveFoundThem) {
  WatchedListener listener(tls_of("a.pem"));
  listener.put("a.pem", of_broker);
  listener.start();
  EXPECT_EQ(listener.taken, std::vector<std::string>{"CN=broker,O=Test,C=DE"});
  listener.pass(seconds(60));
  EXPECT_EQ(listener.taken.size(), 1u) << "nothing is new";
  listener.put("a.pem", of_alice);
  listener.pass(CertificateWatch::look_interval);
  EXPECT_EQ(listener.taken.size(), 1u) << "one look may have met somebody who still writes";
  listener.pass(CertificateWatch::look_interval);
  EXPECT_EQ(listener.taken.back(), "CN=alice,OU=Clients,O=Test,C=DE");
  EXPECT_EQ(listener.said("new certificates are used listener=SSL name=\"CN=alice,OU=Clients,O=Test,C=DE\""), 1);
  EXPECT_EQ(
      listener.said("a new certificate lacks a name of the one before listener=SSL name=\"CN=broker,O=Test,C=DE\""), 1)
      << "it is taken all the same";
  listener.pass(seconds(60));
  EXPECT_EQ(listener.taken.size(), 2u);
  EXPECT_EQ(listener.watch().looks_failed(), 0);
}

TEST(CertificateWatch, AFileThatIsWrittenInStepsIsLeftAloneUntilItIsWhole) {
  WatchedListener listener(tls_of("a.pem"));
  listener.put("a.pem", of_broker);
  listener.start();
  for (std::size_t part = 1; part < 8; ++part) {
    listener.put("a.pem", of_alice.substr(0, of_alice.size() * part / 8));
    listener.pass(CertificateWatch::look_interval);
  }
  listener.put("a.pem", of_alice);
  listener.pass(two_looks);
  EXPECT_EQ(listener.taken.size(), 2u);
  EXPECT_EQ(listener.watch().looks_failed(), 0) << "nobody has to be told of a file that is being written";
}

TEST(CertificateWatch, WhatCantBeUsedChangesNothingAndIsToldOnce) {
  const std::string halves[] = {of_alice.substr(0, of_alice.size() / 2), std::string(client_certificate) + server_key,
                                "", client_key};
  for (const auto& broken : halves) {
    WatchedListener listener(tls_of("a.pem"));
    listener.put("a.pem", of_broker);
    listener.start();
    listener.put("a.pem", broken);
    listener.pass(seconds(1800));
    EXPECT_EQ(listener.taken.size(), 1u);
    EXPECT_EQ(listener.said("new certificates can't be used, and those of before are kept listener=SSL reason="), 1);
    EXPECT_GT(listener.watch().looks_failed(), 300) << "also for whoever looks at the metric later";
    listener.pass(seconds(3600));
    EXPECT_EQ(listener.said("new certificates can't be used"), 2) << "after an hour again";
    listener.put("a.pem", of_alice);
    listener.pass(two_looks);
    EXPECT_EQ(listener.taken.size(), 2u);
    auto failed = listener.watch().looks_failed();
    listener.pass(seconds(600));
    EXPECT_EQ(listener.watch().looks_failed(), failed) << "it is over";
  }
}

TEST(CertificateWatch, AFileThatIsGoneIsToldLikewise) {
  WatchedListener listener(tls_of("a.pem"));
  listener.put("a.pem", of_broker);
  listener.start();
  listener.remove("a.pem");
  listener.pass(seconds(60));
  EXPECT_EQ(listener.said("can't be used"), 1);
  EXPECT_GT(listener.watch().looks_failed(), 5);
  listener.put("a.pem", of_broker);
  listener.pass(two_looks);
  EXPECT_EQ(listener.taken.size(), 1u) << "it is what is in use";
}

TEST(CertificateWatch, TheFilesOfAListenerAreTakenTogether) {
  WatchedListener listener(tls_of("a.pem", "trusted.pem"));
  listener.put("a.pem", of_broker);
  listener.put("trusted.pem", test_ca);
  listener.start();
  listener.put("a.pem", of_alice);
  listener.put("trusted.pem", "nothing of use");
  listener.pass(seconds(60));
  EXPECT_EQ(listener.taken.size(), 1u);
  EXPECT_EQ(listener.said("reason=\"ssl.truststore.certificates: there is no certificate in it\""), 1);
  listener.put("trusted.pem", std::string(test_ca) + stranger_certificate);
  listener.pass(two_looks);
  EXPECT_EQ(listener.taken.size(), 2u);
}

TEST(CertificateWatch, WithoutItsFilesAListenerDoesNotBegin) {
  WatchedListener listener(tls_of("a.pem"));
  listener.start();
  EXPECT_TRUE(listener.failure.starts_with("listener SSL: ")) << listener.failure;
}

TEST(CertificateWatch, WhatExpiresIsToldOnceADayByTheWallClock) {
  constexpr Timestamp end_ms = 4'733'510'400'000;  // 2120-01-01, as the certificates have it
  constexpr Timestamp day_ms = 86'400'000;
  WatchedListener listener(tls_of("a.pem"));
  listener.put("a.pem", of_broker);
  listener.start();
  ASSERT_EQ(listener.watch().expiries().size(), 1u);
  EXPECT_EQ(listener.watch().expiries()[0].listener, "SSL");
  EXPECT_EQ(listener.watch().expiries()[0].at_ms, end_ms);
  listener.machine().jump_clock(end_ms - 31 * day_ms - listener.machine().wall_ms());
  listener.pass(seconds(60));
  EXPECT_EQ(listener.said("expire"), 0);
  listener.machine().jump_clock(2 * day_ms);
  listener.pass(seconds(3600));
  EXPECT_EQ(listener.said("a certificate expires soon listener=SSL days=28"), 1);
  listener.pass(seconds(2 * 86'400));
  EXPECT_EQ(listener.said("a certificate expires soon"), 3);
  listener.machine().jump_clock(30 * day_ms);
  listener.pass(seconds(86'400));
  EXPECT_EQ(listener.said("a certificate has expired listener=SSL"), 1);
  listener.put("a.pem", of_alice);
  listener.pass(two_looks);
  EXPECT_EQ(listener.said("a certificate has expired"), 2) << "the new one is no better, and that is said at once";
}

// -- Whole brokers.

struct Seen {
  std::string subject;  // of the broker's certificate
  bool resumed = false;
};

Result<std::unique_ptr<TlsConnection>> connect_securely(Host& host) {
  TlsSettings settings{.trusted = test_ca, .check_server_name = false};
  auto context = TlsContext::make(settings, TlsEnd::client, host.entropy()).value();
  FULMAR_TRY(auto plain, host.network().connect({"10.0.0.1", 9093}, host.clock().deadline_in(seconds(5))));
  auto tls = std::make_unique<TlsConnection>(host, context, std::move(plain), "broker.example");
  FULMAR_TRY_VOID(tls->handshake(host.clock().deadline_in(seconds(10))));
  return tls;
}

bool answers(Host& host, Connection& connection) {
  MetadataRequest request;
  request.topics.emplace();
  auto deadline = host.clock().deadline_in(seconds(5));
  if (!connection.write(request_frame(request, 12, 7, "test"), deadline)) return false;
  std::string answer(4096, '\0');
  auto got = connection.read(answer, deadline);
  return got && *got > 0;
}

TEST(CertificateWatch, NewConnectionsOnAllShardsGetTheNewCertificateAndOldOnesStay) {
  BrokerCluster brokers(1, 1, {}, 1);
  auto& broker = brokers.broker(1);
  brokers.lose_disk(1);
  put(broker, "broker.pem", of_broker);
  auto config =
      BrokerConfig::from(
          {{"listeners", "SSL://10.0.0.1:9093"}, {"ssl.keystore.type", "PEM"}, {"ssl.keystore.location", "broker.pem"}})
          .value();
  bool ready = false;
  broker.start(3, [&](Host& host) {
    return run_broker(host, config, {.ready = [&](const SocketAddress&) { ready = true; }}) ? 0 : 1;
  });
  ASSERT_TRUE(brokers.world.run_until([&] { return ready; }, brokers.world.now() + seconds(30)));
  brokers.client().start(1, [&](Host& host) {
    std::vector<std::unique_ptr<TlsConnection>> old;
    for (int n = 0; n < 6; ++n) old.push_back(connect_securely(host).value());
    EXPECT_EQ(old[0]->peer_name(), "CN=broker,O=Test,C=DE");
    put(broker, "broker.pem", of_alice);
    host.clock().sleep_for(two_looks);
    for (int n = 0; n < 6; ++n)
      EXPECT_EQ(connect_securely(host).value()->peer_name(), "CN=alice,OU=Clients,O=Test,C=DE");
    for (auto& connection : old) EXPECT_TRUE(answers(host, *connection));
    return 0;
  });
  EXPECT_TRUE(brokers.world.run_until([&] { return !brokers.client().running(); }, brokers.world.now() + seconds(60)));
  EXPECT_EQ(brokers.client().exit_code(), 0);
  broker.request_stop();
  EXPECT_TRUE(brokers.world.run_until([&] { return !broker.running(); }, brokers.world.now() + seconds(60)));
}

TEST(CertificateWatch, ABrokerWhoseCertificateNobodyTrustedJoinsOnceItHasAnother) {
  BrokerCluster brokers(1, 3,
                        {{"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,INTERNAL:SSL"},
                         {"ssl.keystore.type", "PEM"},
                         {"ssl.keystore.location", "broker.pem"},
                         {"ssl.truststore.type", "PEM"},
                         {"ssl.truststore.location", "trusted.pem"}},
                        2);
  brokers.world.run_for(seconds(1));
  ASSERT_EQ(brokers.failures.size(), 3u) << "none has its files yet";
  for (int id : {1, 2, 3}) {
    put(brokers.broker(id), "broker.pem", id == 3 ? of_stranger : of_broker);
    put(brokers.broker(id), "trusted.pem", test_ca);
    brokers.start(id);
  }
  brokers.world.run_for(seconds(30));
  EXPECT_EQ(brokers.ready, (std::set<int>{1, 2}));
  put(brokers.broker(3), "broker.pem", of_broker);
  EXPECT_TRUE(brokers.all_ready()) << "without a restart";
  EXPECT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
    create_topic(cluster, "t", 1, 3);
    EXPECT_EQ(produce_once(cluster, "t", "replicated"), ErrorCode::none);
  }));
  EXPECT_TRUE(brokers.stop());
}

}  // namespace
}  // namespace fulmar
