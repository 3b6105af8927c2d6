// The admin listener with TLS: who gets an answer, and by which properties.
#include "broker/security/tls/tls_connection.h"
#include "broker/server/config/admin_settings.h"
#include "tests/admin/admin_kit.h"
#include "tests/security/test_certificates.h"
#include "tests/server/broker_test_kit.h"

namespace fulmar {
namespace {

using namespace test_certificates;  // NOLINT: all of it is named here

const SocketAddress admin_address{"10.0.0.1", admin_port};

Properties https(Properties more = {}) {
  more.insert({{"admin.http.listener", "https://:" + std::to_string(admin_port)},
               {"admin.http.ssl.keystore.type", "PEM"},
               {"admin.http.ssl.keystore.certificate.chain", server_certificate},
               {"admin.http.ssl.keystore.key", server_key}});
  return more;
}

// What comes back over TLS; "" if there was no answer.
std::string asked_over_tls(Host& host, const std::string& target, bool with_certificate = false) {
  TlsSettings settings{.trusted = test_ca};
  if (with_certificate) {
    settings.certificate_chain = client_certificate;
    settings.key = client_key;
  }
  auto deadline = host.clock().deadline_in(seconds(20));
  auto plain = host.network().connect(admin_address, deadline);
  if (!plain) return "";
  auto context = TlsContext::make(settings, TlsEnd::client, host.entropy()).value();
  TlsConnection tls(host, context, std::move(*plain), "10.0.0.1");
  if (!tls.handshake(deadline)) return "";
  auto request = "GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  if (!tls.write(ByteChain(Bytes::copy_of(request)), deadline)) return "";
  std::string all;
  std::array<char, 4096> buffer{};
  for (;;) {
    auto count = tls.read(buffer, deadline);
    if (!count || *count == 0) return all;
    all.append(buffer.data(), *count);
  }
}

TEST(AdminOverTls, AnswersWhoSpeaksTlsAndNobodyElse) {
  BrokerWorld broker(https());
  ASSERT_TRUE(broker.ready) << broker.failure;
  broker.run([](Host& host) {
    EXPECT_TRUE(asked_over_tls(host, "/health/live").starts_with("HTTP/1.1 200 OK"));
    auto metrics = asked_over_tls(host, "/metrics");
    EXPECT_NE(metrics.find("fulmar_tls_certificate_expiry_timestamp_seconds{listener=\"admin.http\"} 4733510400"),
              std::string::npos)
        << metrics.substr(0, 2000);
    EXPECT_EQ(admin_page(host, admin_address, "/health/live").status, 0);
    EXPECT_TRUE(asked_over_tls(host, "/health/live").starts_with("HTTP/1.1 200 OK")) << "as before";
  });
}

TEST(AdminOverTls, ACertificateMayBeAskedFor) {
  BrokerWorld broker(https({{"admin.http.ssl.client.auth", "required"},
                            {"admin.http.ssl.truststore.type", "PEM"},
                            {"admin.http.ssl.truststore.certificates", test_ca}}));
  ASSERT_TRUE(broker.ready) << broker.failure;
  broker.run([](Host& host) {
    EXPECT_EQ(asked_over_tls(host, "/health/live"), "");
    EXPECT_TRUE(asked_over_tls(host, "/health/live", true).starts_with("HTTP/1.1 200 OK"));
  });
}

TEST(AdminOverTls, HalfHandshakesKeepNobodyOutForLong) {
  BrokerWorld broker(https({{"admin.http.max.connections", "10"}, {"admin.http.ssl.handshake.timeout.ms", "2000"}}));
  broker.run([](Host& host) {
    std::vector<std::unique_ptr<Connection>> halves;
    for (int n = 0; n < 10; ++n)
      halves.push_back(host.network().connect(admin_address, host.clock().deadline_in(seconds(5))).value());
    EXPECT_EQ(asked_over_tls(host, "/health/live"), "") << "there are too many connections";
    host.clock().sleep_for(seconds(3));
    EXPECT_TRUE(asked_over_tls(host, "/health/live").starts_with("HTTP/1.1 200 OK"));
  });
}

TEST(AdminOverTls, ItsOwnPropertiesOverrideTheOthers) {
  auto settings_of = [](Properties properties) {
    return AdminSettings::from(checked_broker_properties(properties).value());
  };
  auto both = settings_of({{"admin.http.listener", "https://127.0.0.1:1"},
                           {"ssl.keystore.type", "PEM"},
                           {"ssl.keystore.location", "/of/all.pem"},
                           {"ssl.client.auth", "required"},
                           {"admin.http.ssl.client.auth", "none"}})
                  .value();
  EXPECT_EQ(both.listen, (SocketAddress{"127.0.0.1", 1}));
  EXPECT_EQ(both.tls->keystore_file, "/of/all.pem");
  EXPECT_EQ(both.tls->settings.client_auth, ClientAuth::none);
  EXPECT_FALSE(settings_of({{"admin.http.listener", "127.0.0.1:1"}}).value().tls);
  auto why_not = [&](Properties properties) {
    auto settings = settings_of(std::move(properties));
    return settings ? "" : settings.error().detail;
  };
  EXPECT_NE(why_not({{"admin.http.listener", "127.0.0.1:1"}, {"admin.http.ssl.keystore.type", "PEM"}})
                .find("admin.http.ssl.keystore.type: admin.http.listener does not begin with https://"),
            std::string::npos);
  EXPECT_NE(why_not({{"admin.http.listener", "http://127.0.0.1:1"}}).find("expected HOST:PORT"), std::string::npos);
  EXPECT_NE(why_not(https({{"admin.http.ssl.principal.mapping.rules", "DEFAULT"}})).find("nobody has a name"),
            std::string::npos);
}

}  // namespace
}  // namespace fulmar
