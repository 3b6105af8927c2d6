// Which listeners a broker has, by its configuration.
#include "broker/server/config/listener_settings.h"

#include <gtest/gtest.h>

#include "broker/server/config/broker_config.h"

namespace fulmar {
namespace {

std::vector<ListenerConfig> clients_of(const Properties& properties) {
  auto config = BrokerConfig::from(properties);
  EXPECT_TRUE(config) << (config ? "" : config.error().detail);
  return config ? config->listeners : std::vector<ListenerConfig>();
}

std::string why_not(const std::string& property, const Properties& properties) {
  auto config = BrokerConfig::from(properties);
  if (config) return "";
  auto found = properties.find(property);
  auto begin =
      "Invalid value " + (found == properties.end() ? "" : found->second) + " for configuration " + property + ": ";
  EXPECT_TRUE(config.error().detail.starts_with(begin)) << config.error().detail;
  return config.error().detail.substr(std::min(begin.size(), config.error().detail.size()));
}

TEST(ListenerSettings, WithoutASettingThereIsOneForClientsInPlainText) {
  auto config = BrokerConfig::from({}).value();
  EXPECT_EQ(config.listeners, BrokerConfig::from({{"listeners", "PLAINTEXT://127.0.0.1:9092"}}).value().listeners);
  ASSERT_EQ(config.listeners.size(), 1u);
  EXPECT_EQ(config.listeners, BrokerConfig().listeners);
  EXPECT_EQ(config.internal, std::nullopt);
}

TEST(ListenerSettings, EachNameHasItsProtocolItsAddressAndWhatClientsAreTold) {
  auto clients = clients_of({{"listeners", "ssl://0.0.0.0:9093,Inside://10.0.0.1:9094,SASL_SSL://h:0"},
                             {"advertised.listeners", "SSL://one.example:443"},
                             {"listener.security.protocol.map", "INSIDE:sasl_plaintext,SSL:SSL,SASL_SSL:SASL_SSL"},
                             {"sasl.enabled.mechanisms", "SCRAM-SHA-256"}});
  ASSERT_EQ(clients.size(), 3u);
  EXPECT_EQ(clients[0], (ListenerConfig{"SSL", SecurityProtocol::ssl, {"0.0.0.0", 9093}, {"one.example", 443}}));
  EXPECT_EQ(clients[1],
            (ListenerConfig{"INSIDE", SecurityProtocol::sasl_plaintext, {"10.0.0.1", 9094}, {"10.0.0.1", 9094}}));
  EXPECT_EQ(clients[2], (ListenerConfig{"SASL_SSL", SecurityProtocol::sasl_ssl, {"h", 0}, {"h", 0}}));
}

TEST(ListenerSettings, WhatCannotBeIsRefusedInASentence) {
  EXPECT_EQ(why_not("listeners", {{"listeners", "A://h:1"}}),
            "No security protocol defined for listener A; name it in listener.security.protocol.map");
  EXPECT_EQ(why_not("listeners", {{"listeners", "SSL://h:1,ssl://h:2"}}), "Each listener must have a different name");
  EXPECT_EQ(why_not("listeners", {{"listeners", "SSL://h:1,PLAINTEXT://h:1"}}),
            "Each listener must have a different port");
  EXPECT_EQ(
      why_not("listeners", {{"listeners", "SSL://0.0.0.0:1,PLAINTEXT://h:1"}, {"advertised.listeners", "SSL://h:1"}}),
      "Each listener must have a different port");
  EXPECT_EQ(why_not("listeners", {{"listeners", "SSL://a:1,PLAINTEXT://b:1"}}), "") << "two addresses of the machine";
  EXPECT_EQ(why_not("listeners", {{"listeners", "SSL://h:0,PLAINTEXT://h:0"}}), "") << "a free port each";
  EXPECT_EQ(why_not("listeners", {{"listeners", "SSL"}}), "must be NAME://HOST:PORT,...");
  EXPECT_EQ(why_not("listeners", {{"listeners", "://h:1"}}), "must be NAME://HOST:PORT,...");
  EXPECT_EQ(why_not("listeners", {{"listeners", "INTERNAL://h:1"}, {"controller.quorum.voters", "1@h:1"}}),
            "must have a listener for clients, such as PLAINTEXT://HOST:PORT");
  EXPECT_EQ(why_not("advertised.listeners", {{"advertised.listeners", "SSL://h:1"}}),
            "names SSL, which `listeners` does not; it has PLAINTEXT");
  EXPECT_EQ(why_not("listeners", {{"listeners", "PLAINTEXT://:1,SSL://h:2"}, {"advertised.listeners", "SSL://h:1"}}),
            "clients can't connect to an address that means any; set advertised.listeners to one they can");
  const std::string map = "listener.security.protocol.map";
  EXPECT_EQ(why_not(map, {{map, "PLAINTEXT:TLS"}}),
            "there is no security protocol TLS; there are PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL");
  EXPECT_EQ(why_not(map, {{map, "PLAINTEXT"}}), "must be NAME:PROTOCOL,...");
  EXPECT_EQ(why_not(map, {{map, "A:SSL,a:PLAINTEXT"}}), "names A twice");
  EXPECT_EQ(why_not(map, {{map, "PLAINTEXT:PLAINTEXT,INTERNAL:SASL_SSL"}}),
            "the INTERNAL listener is PLAINTEXT or SSL; cluster.secret.file guards it as well");
}

TEST(ListenerSettings, AListenerMayHaveTlsSettingsOfItsOwn) {
  auto clients = clients_of({{"listeners", "A://h:1,B://h:2"},
                             {"listener.security.protocol.map", "A:SSL,B:SSL"},
                             {"ssl.client.auth", "requested"},
                             {"ssl.enabled.protocols", "TLSv1.3"},
                             {"listener.name.b.ssl.client.auth", "required"},
                             {"listener.name.b.ssl.keystore.type", "PEM"},
                             {"listener.name.b.ssl.keystore.location", "/b.pem"}});
  ASSERT_EQ(clients.size(), 2u);
  EXPECT_EQ(clients[0].tls.settings.client_auth, ClientAuth::requested);
  EXPECT_EQ(clients[1].tls.settings.client_auth, ClientAuth::required);
  EXPECT_FALSE(clients[1].tls.settings.tls_1_2);
  EXPECT_EQ(clients[1].tls.keystore_file, "/b.pem");
  auto tls = clients[1].tls;
  ASSERT_TRUE(tls.read_files([](const std::string& path) { return Result<std::string>("content of " + path); }));
  EXPECT_EQ(tls.settings.key, "content of /b.pem");
  EXPECT_FALSE(tls.read_files([](const std::string&) -> Result<std::string> { return fail(Errc::not_found, "gone"); }));
  const std::string own = "listener.name.other.ssl.client.auth";
  EXPECT_EQ(why_not(own, {{own, "required"}}), "there is no listener OTHER");
  EXPECT_TRUE(why_not("ssl.keystore.type",
                      {{"listeners", "SSL://h:1"}, {"ssl.keystore.type", "JKS"}, {"ssl.keystore.location", "/k.jks"}})
                  .starts_with("stores of type JKS are not served"));
  EXPECT_NE(
      why_not("ssl.principal.mapping.rules", {{"listeners", "SSL://h:1"}, {"ssl.principal.mapping.rules", "RULE:x"}}),
      "");
}

TEST(ListenerSettings, AnyNumberOfNamesIsNotTaken) {
  std::string listeners;
  for (std::size_t n = 0; n <= ListenerSettings::listeners_max; ++n)
    listeners += (n == 0 ? "PLAINTEXT" : ",L" + std::to_string(n)) + "://h:" + std::to_string(n + 1);
  EXPECT_EQ(why_not("listeners", {{"listeners", listeners}}), "names more than 100 listeners");
}

}  // namespace
}  // namespace fulmar
