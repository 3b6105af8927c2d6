// Listeners with TLS, in a simulated world: who is let in, as whom, and what a stranger can't do.
#include <gtest/gtest.h>

#include "broker/protocol/messages/metadata.h"
#include "broker/security/tls/tls_connection.h"
#include "tests/security/test_certificates.h"
#include "tests/server/broker_test_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

const SocketAddress tls_address{"10.0.0.1", 9093};

Properties with_tls(Properties more = {}) {
  Properties properties{{"listeners", "PLAINTEXT://10.0.0.1:9092,SSL://10.0.0.1:9093"},
                        {"ssl.keystore.type", "PEM"},
                        {"ssl.keystore.certificate.chain", test_certificates::server_certificate},
                        {"ssl.keystore.key", test_certificates::server_key}};
  properties.merge(more);
  return properties;
}

TlsSettings client_settings(bool with_certificate = false) {
  TlsSettings settings{.trusted = test_certificates::test_ca};
  if (with_certificate) {
    settings.certificate_chain = test_certificates::client_certificate;
    settings.key = test_certificates::client_key;
  }
  return settings;
}

std::unique_ptr<Connection> connect(Host& host, const SocketAddress& to) {
  return host.network().connect(to, host.clock().deadline_in(seconds(5))).value();
}

Result<std::unique_ptr<TlsConnection>> connect_securely(Host& host, const TlsSettings& settings) {
  auto context = TlsContext::make(settings, TlsEnd::client, host.entropy()).value();
  auto tls = std::make_unique<TlsConnection>(host, context, connect(host, tls_address), "broker.example");
  FULMAR_TRY_VOID(tls->handshake(host.clock().deadline_in(seconds(10))));
  return tls;
}

bool answers(Host& host, Connection& connection) {
  MetadataRequest request;
  request.topics.emplace();
  auto deadline = host.clock().deadline_in(seconds(5));
  if (!connection.write(request_frame(request, 12, 7, "test"), deadline)) return false;
  char size[4];
  for (std::size_t have = 0; have < sizeof size;) {
    auto got = connection.read(std::span(size).subspan(have), deadline);
    if (!got || *got == 0) return false;
    have += *got;
  }
  return true;
}

TEST(TlsListeners, AClientIsServedAsOnAPlainOne) {
  BrokerWorld world(with_tls());
  ASSERT_TRUE(world.ready) << world.failure;
  world.run([](Host& host) {
    auto tls = connect_securely(host, client_settings());
    ASSERT_TRUE(tls) << to_string(tls.error());
    EXPECT_TRUE(answers(host, **tls));
    EXPECT_TRUE(answers(host, *connect(host, broker_address))) << "the other listener is as it was";
  });
}

TEST(TlsListeners, WhereACertificateIsRequiredNobodyIsServedWithoutOne) {
  BrokerWorld world(with_tls({{"listener.name.ssl.ssl.client.auth", "required"},
                              {"listener.name.ssl.ssl.truststore.certificates", test_certificates::test_ca},
                              {"ssl.truststore.type", "PEM"},
                              {"ssl.principal.mapping.rules", "RULE:^CN=(.*?),.*$/$1/"}}));
  ASSERT_TRUE(world.ready) << world.failure;
  world.run([](Host& host) {
    for (int n = 0; n < 20; ++n) {
      auto nobody = connect_securely(host, client_settings());
      ASSERT_TRUE(nobody) << "in TLS 1.3 the client is through before its certificate is missed";
      // It goes on as if all were well, and still learns why it is not.
      for (int more = 0; more < 3; ++more)
        if (!(*nobody)->write(ByteChain(Bytes::copy_of(std::string(5000, 'x'))), host.clock().deadline_in(seconds(1))))
          break;
      char byte = 0;
      auto got = (*nobody)->read({&byte, 1}, host.clock().deadline_in(seconds(10)));
      ASSERT_FALSE(got);
      EXPECT_NE(to_string(got.error()).find("certificate required"), std::string::npos) << to_string(got.error());
    }
    auto alice = connect_securely(host, client_settings(true));
    ASSERT_TRUE(alice) << to_string(alice.error());
    EXPECT_TRUE(answers(host, **alice));
  });
}

TEST(TlsListeners, AClientThatSpeaksTheOtherLanguageIsCutOff) {
  BrokerWorld world(with_tls());
  world.run([](Host& host) {
    EXPECT_FALSE(answers(host, *connect(host, tls_address)));
    auto context = TlsContext::make(client_settings(), TlsEnd::client, host.entropy()).value();
    TlsConnection tls(host, context, connect(host, broker_address), "broker.example");
    EXPECT_FALSE(tls.handshake(host.clock().deadline_in(seconds(10))));
    EXPECT_TRUE(answers(host, *connect(host, broker_address)));
  });
}

TEST(TlsListeners, ThousandsOfHalfHandshakesKeepNobodyOut) {
  BrokerWorld world(with_tls(), 1);
  world.run([](Host& host) {
    std::vector<std::unique_ptr<Connection>> halves;
    for (int n = 0; n < 2'000; ++n) {
      halves.push_back(connect(host, tls_address));
      ASSERT_TRUE(halves.back()->write(ByteChain(Bytes::of_static("\x16\x03\x01"))));
      if (n % 500 != 499) continue;
      auto tls = connect_securely(host, client_settings());
      ASSERT_TRUE(tls) << to_string(tls.error());
      EXPECT_TRUE(answers(host, **tls));
    }
    // Each ends by itself, the last ones once their time is over.
    host.clock().sleep_for(seconds(15));
    for (auto& half : halves) {
      char byte = 0;
      auto got = half->read({&byte, 1}, host.clock().deadline_in(seconds(1)));
      ASSERT_TRUE(!got ? got.error().code != Errc::timed_out : true) << "a half handshake is still open";
    }
  });
}

Properties peers_with_tls() {
  return {{"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,INTERNAL:SSL"},
          {"ssl.keystore.type", "PEM"},
          {"ssl.truststore.type", "PEM"},
          {"ssl.truststore.certificates", test_certificates::test_ca}};
}
Properties certificate(const char* chain, const char* key) {
  return {{"ssl.keystore.certificate.chain", chain}, {"ssl.keystore.key", key}};
}

TEST(TlsListeners, BrokersReachEachOtherOverMutualTlsAndNobodyElseDoes) {
  BrokerCluster brokers(1, 3, peers_with_tls(), 2);
  brokers.world.run_for(seconds(1));
  ASSERT_EQ(brokers.failures.size(), 3u) << "none has a certificate yet";
  EXPECT_NE(brokers.failures[1].find("listener INTERNAL: ssl.keystore.location"), std::string::npos)
      << brokers.failures[1];
  for (int id : {1, 2})
    brokers.extra[id] = certificate(test_certificates::server_certificate, test_certificates::server_key);
  brokers.extra[3] = certificate(test_certificates::stranger_certificate, test_certificates::stranger_key);
  for (int id : {1, 2, 3}) brokers.start(id);
  ASSERT_TRUE(
      brokers.world.run_until([&] { return brokers.ready == std::set<int>{1, 2}; }, brokers.world.now() + seconds(20)));
  brokers.world.run_for(seconds(20));
  EXPECT_FALSE(brokers.ready.contains(3)) << "nobody trusts it";
  ASSERT_TRUE(brokers.as_client([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 1, 2);
    EXPECT_EQ(produce_once(cluster, "t", "replicated"), ErrorCode::none);
    auto plain = host.network().connect(brokers.address(1, 9093), host.clock().deadline_in(seconds(5))).value();
    EXPECT_FALSE(answers(host, *plain)) << "without TLS there is no word to be had";
  }));
  EXPECT_TRUE(brokers.stop());
}

// Passes bytes on between whoever connects to it and `to`, and keeps them.
class Wiretap {
 public:
  Wiretap(World& world, SocketAddress to) : to_(std::move(to)), node_(world.add_node("wiretap")) {
    node_.start(1, [this](Host& host) {
      auto listener = host.network().listen(address()).value();
      FiberGroup fibers;
      for (;;) {
        auto accepted = listener->accept();
        if (!accepted) return 0;
        auto onward = host.network().connect(to_, host.clock().deadline_in(seconds(5)));
        if (!onward) continue;
        auto pair = std::make_shared<std::pair<std::unique_ptr<Connection>, std::unique_ptr<Connection>>>(
            std::move(*accepted), std::move(*onward));
        fibers.spawn("there", [this, pair] { pass_on(*pair->first, *pair->second); });
        fibers.spawn("back", [this, pair] { pass_on(*pair->second, *pair->first); });
      }
    });
  }
  SocketAddress address() const { return {node_.address(), 9093}; }
  const std::string& heard() const { return heard_; }

 private:
  void pass_on(Connection& from, Connection& to) {
    char piece[4096];
    for (;;) {
      auto got = from.read(piece);
      if (!got || *got == 0) break;
      heard_.append(piece, *got);
      if (!to.write(ByteChain(Bytes::copy_of({piece, *got})))) break;
    }
    to.abort();
  }

  const SocketAddress to_;
  Node& node_;
  std::string heard_;
};

// What is heard between two brokers while a record is replicated, and whether that is any of it.
std::string heard_between_brokers(bool with_tls) {
  auto properties = with_tls ? peers_with_tls() : Properties{};
  if (with_tls) properties.merge(certificate(test_certificates::server_certificate, test_certificates::server_key));
  BrokerCluster brokers(1, 2, properties, 1);
  Wiretap wiretap(brokers.world, brokers.address(2, 9093));
  brokers.lose_disk(2);
  brokers.extra[2] = {{"advertised.listeners", "INTERNAL://" + to_string(wiretap.address())}};
  brokers.start(2);
  EXPECT_TRUE(brokers.all_ready()) << brokers.failures[1] << brokers.failures[2];
  EXPECT_TRUE(brokers.as_client([&](Host&, ClusterClient& cluster) {
    create_topic(cluster, "the-name-of-a-topic", 1, 2, {{1, 2}});
    EXPECT_EQ(produce_once(cluster, "the-name-of-a-topic", "the value of a record"), ErrorCode::none);
  }));
  EXPECT_TRUE(brokers.stop());
  return wiretap.heard();
}

TEST(TlsListeners, WhoListensBetweenBrokersHearsNothing) {
  auto in_plain_text = heard_between_brokers(false);
  auto encrypted = heard_between_brokers(true);
  for (auto said : {"the-name-of-a-topic", "the value of a record"}) {
    EXPECT_NE(in_plain_text.find(said), std::string::npos) << "else it would say nothing that it is not heard below";
    EXPECT_EQ(encrypted.find(said), std::string::npos);
  }
  EXPECT_GT(encrypted.size(), in_plain_text.size() / 2) << "it was there to be heard";
}

TEST(TlsListeners, OneSeedIsOneLife) {
  auto hash = [](std::uint64_t seed) {
    BrokerWorld world(with_tls({{"ssl.session.tickets.enable", "false"}}), 2, seed);
    world.run([](Host& host) {
      auto tls = connect_securely(host, [] {
        auto settings = client_settings();
        settings.resumes = false;
        return settings;
      }());
      ASSERT_TRUE(tls);
      EXPECT_TRUE(answers(host, **tls));
    });
    return world.world.trace().hash();
  };
  EXPECT_EQ(hash(1), hash(1));
  EXPECT_NE(hash(1), hash(2));
}

}  // namespace
}  // namespace fulmar
