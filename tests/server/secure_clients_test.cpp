// The client library over TLS, with and without SASL: as the commands use it with --command-config.
#include <gtest/gtest.h>

#include "broker/client/cluster_client.h"
#include "broker/client/user_admin.h"
#include "tests/security/test_certificates.h"
#include "tests/server/broker_test_kit.h"

namespace fulmar {
namespace {

using namespace test_certificates;  // NOLINT: all of it is named here

const SocketAddress sasl_ssl{"10.0.0.1", 9094};
const SocketAddress mutual{"10.0.0.1", 9095};

Properties broker_properties_of_the_test() {
  return {{"listeners", "PLAINTEXT://10.0.0.1:9092,SASL_SSL://10.0.0.1:9094,MUTUAL://10.0.0.1:9095"},
          {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,MUTUAL:SSL"},
          {"ssl.keystore.type", "PEM"},
          {"ssl.keystore.certificate.chain", server_certificate},
          {"ssl.keystore.key", server_key},
          {"ssl.truststore.type", "PEM"},
          {"ssl.truststore.certificates", test_ca},
          {"listener.name.mutual.ssl.client.auth", "required"},
          {"sasl.enabled.mechanisms", "SCRAM-SHA-512"}};
}

ClientSecurity::Properties trusting(const std::string& protocol, const char* authority = test_ca) {
  return {{"security.protocol", protocol}, {"ssl.truststore.type", "PEM"}, {"ssl.truststore.certificates", authority}};
}
ClientSecurity::Properties as_dave(ClientSecurity::Properties more) {
  more.insert({{"sasl.mechanism", "SCRAM-SHA-512"}, {"sasl.username", "dave"}, {"sasl.password", "pen"}});
  return more;
}
ClientSecurity::Properties as_alice(ClientSecurity::Properties more) {
  more.insert({{"ssl.keystore.type", "PEM"},
               {"ssl.keystore.certificate.chain", client_certificate},
               {"ssl.keystore.key", client_key}});
  return more;
}

// What becomes of a client that asks for metadata there: "" or the error.
std::string try_client(Host& host, const SocketAddress& at, const ClientSecurity::Properties& properties) {
  auto security = ClientSecurity::from(properties);
  EXPECT_TRUE(security) << security.error().detail;
  ClusterClientOptions options;
  options.bootstrap = {at};
  options.security = *security;
  ClusterClient cluster(host, options);
  auto metadata = cluster.metadata(std::vector<std::string>());
  return metadata ? "" : to_string(metadata.error());
}

TEST(SecureClients, AClientIsServedOverTlsAndKnownByItsPassword) {
  BrokerWorld broker(broker_properties_of_the_test());
  ASSERT_TRUE(broker.ready) << broker.failure;
  broker.run([](Host& host) {
    ClusterClientOptions options;
    options.bootstrap = {broker_address};
    ClusterClient admin(host, options);
    ASSERT_TRUE(set_password(host, admin, {"dave", ScramMechanism::sha_512, scram_iterations_min}, "pen"));
    EXPECT_EQ(try_client(host, sasl_ssl, as_dave(trusting("SASL_SSL"))), "");
    auto wrong = as_dave(trusting("SASL_SSL"));
    wrong["sasl.password"] = "pencil";
    EXPECT_TRUE(try_client(host, sasl_ssl, wrong).starts_with("SASL_AUTHENTICATION_FAILED"));
  });
}

TEST(SecureClients, WhereACertificateIsAskedForAClientShowsItsOwn) {
  BrokerWorld broker(broker_properties_of_the_test());
  broker.run([](Host& host) {
    EXPECT_EQ(try_client(host, mutual, as_alice(trusting("SSL"))), "");
    // TLS 1.3 refuses it only after the client's handshake; whether its words arrive before the end is not certain.
    auto none = try_client(host, mutual, trusting("SSL"));
    EXPECT_TRUE(none.starts_with("NETWORK_EXCEPTION: the connection to 10.0.0.1:9095 broke")) << none;
  });
}

TEST(SecureClients, WhatIsWrongWithTheBrokersCertificateIsOneSentence) {
  BrokerWorld broker(broker_properties_of_the_test());
  broker.run([](Host& host) {
    auto foreign = try_client(host, mutual, as_alice(trusting("SSL", stranger_certificate)));
    EXPECT_TRUE(foreign.starts_with("10.0.0.1:9095: TLS handshake: certificate verify failed: ")) << foreign;
    // A listener in plain text closes the connection.
    auto plain = try_client(host, broker_address, trusting("SSL"));
    EXPECT_TRUE(plain.starts_with("NETWORK_EXCEPTION: 10.0.0.1:9092: ")) << plain;
  });
}

TEST(SecureClients, TheNameOfTheBrokerHasToBeInItsCertificateUnlessTheClientDoesWithout) {
  auto properties = broker_properties_of_the_test();
  properties["ssl.keystore.certificate.chain"] = client_certificate;
  properties["ssl.keystore.key"] = client_key;
  BrokerWorld broker(properties);
  broker.run([](Host& host) {
    auto checked = as_alice(trusting("SSL"));
    EXPECT_EQ(try_client(host, mutual, checked),
              "10.0.0.1:9095: TLS handshake: certificate verify failed: IP address mismatch");
    checked["ssl.endpoint.identification.algorithm"] = "";
    EXPECT_EQ(try_client(host, mutual, checked), "");
  });
}

TEST(SecureClients, PropertiesThatAreWrongOrHaveNoEffectAreNamed) {
  auto why_not = [](ClientSecurity::Properties properties) {
    auto security = ClientSecurity::from(properties);
    return security ? "" : security.error().detail;
  };
  auto with = [](ClientSecurity::Properties properties, const std::string& name, const std::string& value) {
    properties[name] = value;
    return properties;
  };
  auto ssl = trusting("SSL");
  EXPECT_EQ(why_not(ssl), "");
  EXPECT_EQ(why_not({{"security.protocol", "SSL"}}), "") << "the system's authorities are trusted then";
  EXPECT_EQ(why_not({{"ssl.truststore.location", "/x"}}),
            "ssl.truststore.location has no effect unless security.protocol is SSL or SASL_SSL");
  EXPECT_EQ(why_not(with(ssl, "sasl.username", "x")),
            "sasl.username has no effect unless security.protocol is SASL_PLAINTEXT or SASL_SSL");
  EXPECT_EQ(why_not(with(ssl, "ssl.truststore.type", "pem")),
            "ssl.truststore.type must be one of JKS,PKCS12,PEM, not pem");
  EXPECT_EQ(why_not(with(ssl, "ssl.endpoint.identification.algorithm", "none")),
            "ssl.endpoint.identification.algorithm must be https or empty");
  EXPECT_EQ(why_not(with(ssl, "ssl.endpoint.identification.algorithm", "HTTPS")), "");
  EXPECT_EQ(why_not(with(ssl, "ssl.protocol", "TLS")), "ssl.protocol is not served");
  EXPECT_NE(why_not({{"security.protocol", "SSL"}, {"ssl.truststore.location", "/x.jks"}}).find("JKS are not served"),
            std::string::npos);
  EXPECT_NE(why_not(with(ssl, "ssl.truststore.location", "/x.pem")).find("in ssl.truststore.certificates already"),
            std::string::npos);
}

}  // namespace
}  // namespace fulmar
