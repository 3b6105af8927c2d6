// A broker with a listener on which clients have to authenticate, and one for its administrator on which they need not.
#include <gtest/gtest.h>

#include "all_messages.h"
#include "broker/client/user_admin.h"
#include "broker/security/sasl/scram.h"
#include "broker/server/config/sasl_settings.h"
#include "broker_test_kit.h"

namespace fulmar {
namespace {

using namespace std::string_literals;

const SocketAddress admin_address{"10.0.0.1", 9094};

Properties with_sasl(Properties more = {}) {
  more.insert(
      {{"listeners", "SASL_PLAINTEXT://" + to_string(broker_address) + ",PLAINTEXT://" + to_string(admin_address)},
       {"sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"},
       {"listener.name.sasl_plaintext.plain.sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required user_alice=\"secret\";"}});
  return more;
}

ClusterClientOptions options_of(const SocketAddress& bootstrap, ClientSecurity security = {}) {
  ClusterClientOptions options;
  options.bootstrap = {bootstrap};
  options.security = std::move(security);
  return options;
}

ClientSecurity security_of(SaslMechanism mechanism, std::string user, std::string password) {
  ClientSecurity security;
  security.protocol = SecurityProtocol::sasl_plaintext;
  security.mechanism = mechanism;
  security.user = std::move(user);
  security.password = std::move(password);
  return security;
}

// What becomes of a client that authenticates so and asks for metadata: "" or the error.
std::string try_client(Host& host, const ClientSecurity& security) {
  ClusterClient cluster(host, options_of(broker_address, security));
  auto metadata = cluster.metadata(std::vector<std::string>());
  return metadata ? "" : to_string(metadata.error());
}

void set_user(Host& host, const std::string& user, const std::string& password, ScramMechanism mechanism) {
  ClusterClient admin(host, options_of(admin_address));
  auto set = set_password(host, admin, {user, mechanism, scram_iterations_min}, password);
  EXPECT_TRUE(set) << to_string(set.error());
}

TEST(Authentication, WhoKnowsThePasswordIsServedByEachMechanism) {
  BrokerWorld broker(with_sasl());
  broker.run([](Host& host) {
    set_user(host, "carol", "pencil", ScramMechanism::sha_256);
    set_user(host, "dave", "pen", ScramMechanism::sha_512);
    EXPECT_EQ(try_client(host, security_of(SaslMechanism::plain, "alice", "secret")), "");
    EXPECT_EQ(try_client(host, security_of(SaslMechanism::scram_sha_256, "carol", "pencil")), "");
    EXPECT_EQ(try_client(host, security_of(SaslMechanism::scram_sha_512, "dave", "pen")), "");
  });
}

TEST(Authentication, WhoDoesNotIsRefusedAlikeWhetherTheUserExistsOrNot) {
  BrokerWorld broker(with_sasl());
  broker.run([](Host& host) {
    set_user(host, "carol", "pencil", ScramMechanism::sha_256);
    auto refusal = [&](SaslMechanism mechanism, const std::string& user, const std::string& password) {
      auto begun = host.clock().now();
      auto error = try_client(host, security_of(mechanism, user, password));
      EXPECT_GE(host.clock().now() - begun, milliseconds(100)) << "connection.failed.authentication.delay.ms";
      return error;
    };
    const auto invalid = "SASL_AUTHENTICATION_FAILED: Authentication failed: Invalid username or password"s;
    EXPECT_EQ(refusal(SaslMechanism::plain, "alice", "wrong"), invalid);
    EXPECT_EQ(refusal(SaslMechanism::plain, "nobody", "secret"), invalid);
    const auto scram =
        "SASL_AUTHENTICATION_FAILED: Authentication failed during authentication due to invalid credentials with SASL "
        "mechanism SCRAM-SHA-256"s;
    EXPECT_EQ(refusal(SaslMechanism::scram_sha_256, "carol", "wrong"), scram);
    EXPECT_EQ(refusal(SaslMechanism::scram_sha_256, "nobody", "pencil"), scram);
    EXPECT_EQ(refusal(SaslMechanism::oauthbearer, "", ""),
              "UNSUPPORTED_SASL_MECHANISM: OAUTHBEARER is not served there, but PLAIN, SCRAM-SHA-256, SCRAM-SHA-512");
  });
}

TEST(Authentication, ACredentialCountsFromItsChangeOn) {
  BrokerWorld broker(with_sasl());
  broker.run([](Host& host) {
    auto carol = [&](const std::string& password) {
      return try_client(host, security_of(SaslMechanism::scram_sha_256, "carol", password)) == "";
    };
    EXPECT_FALSE(carol("pencil"));
    set_user(host, "carol", "pencil", ScramMechanism::sha_256);
    EXPECT_TRUE(carol("pencil"));
    set_user(host, "carol", "rubber", ScramMechanism::sha_256);
    EXPECT_FALSE(carol("pencil"));
    EXPECT_TRUE(carol("rubber"));
    ClusterClient admin(host, options_of(admin_address));
    EXPECT_TRUE(delete_credentials(admin, "carol", {ScramMechanism::sha_256}));
    EXPECT_FALSE(carol("rubber"));
  });
}

TEST(Authentication, NoRequestOfAStrangerIsAnsweredOrHasAnEffect) {
  BrokerWorld broker(with_sasl({{"connection.failed.authentication.delay.ms", "0"}}));
  broker.run([](Host& host) {
    auto state = [&] {
      ClusterClient admin(host, options_of(admin_address));
      auto metadata = admin.metadata(std::nullopt);
      auto users = user_credentials(admin, "");
      EXPECT_TRUE(metadata && users);
      return describe_text(*metadata, 12) + std::to_string(users->size());
    };
    auto before = state();
    Random random(1);
    for_each_request([&]<class M>() {
      const auto& api = api_info(M::key);
      if (M::key == ApiKey::api_versions || M::key == ApiKey::sasl_handshake) return;
      for (auto version = api.min; version <= api.max; ++version) {
        Peer peer(host);
        peer.send(generate<M>(random, version), version);
        EXPECT_TRUE(peer.is_closed()) << api.name << " " << version;
      }
    });
    EXPECT_EQ(state(), before);
  });
}

TEST(Authentication, StrangersHoldNoConnectionForLong) {
  BrokerWorld broker(with_sasl());
  broker.run([](Host& host) {
    std::vector<std::unique_ptr<Peer>> strangers;
    for (int i = 0; i < 2000; ++i) strangers.push_back(std::make_unique<Peer>(host));
    // Some have begun: half a frame, or a mechanism without its messages.
    for (std::size_t i = 0; i < strangers.size(); i += 3) strangers[i]->send_raw("\0\0"s);
    for (std::size_t i = 1; i < strangers.size(); i += 3) {
      auto answer = strangers[i]->call<SaslHandshakeResponse>(SaslHandshakeRequest{"SCRAM-SHA-256"}, 1);
      EXPECT_EQ(answer.error_code, ErrorCode::none);
    }
    EXPECT_EQ(try_client(host, security_of(SaslMechanism::plain, "alice", "secret")), "");
    host.clock().sleep_for(seconds(31));
    for (auto& stranger : strangers) EXPECT_TRUE(stranger->is_closed(Duration::zero()));
  });
}

TEST(Authentication, WhatStrangersSendTakesNoMemoryFromThoseWhoHaveAuthenticated) {
  BrokerWorld broker(with_sasl({{"queued.max.request.bytes", "1000000"}}), 1);
  broker.run([](Host& host) {
    Peer alice(host);
    alice.call<SaslHandshakeResponse>(SaslHandshakeRequest{"PLAIN"}, 1);
    alice.call<SaslAuthenticateResponse>(SaslAuthenticateRequest{Bytes::copy_of("\0alice\0secret"s)}, 2);
    // Most of a request each, of the largest size that a stranger's may have, and of one that counts as small.
    std::vector<std::unique_ptr<Peer>> strangers;
    for (int i = 0; i < 2000; ++i) {
      strangers.push_back(std::make_unique<Peer>(host));
      auto most = (i % 2 == 0 ? "\0\7\377\0"s : "\0\0\377\0"s) + std::string(60'000, 'x');
      auto sent = strangers.back()->connection().write(ByteChain(Bytes::copy_of(most)));
      (void)sent;  // those that are closed meanwhile fail
    }
    host.clock().sleep_for(seconds(1));
    auto begun = host.clock().now();
    EXPECT_EQ(metadata(alice, {}).brokers.size(), 1u);
    EXPECT_EQ(try_client(host, security_of(SaslMechanism::plain, "alice", "secret")), "");
    EXPECT_LT(host.clock().now() - begun, seconds(1)) << "nobody waits for what strangers hold";
    auto closed = std::ranges::count_if(strangers, [](auto& peer) { return peer->is_closed(Duration::zero()); });
    EXPECT_GT(closed, 1000) << "and that is not much";
  });
}

TEST(Authentication, TheSoftwareOfStrangersIsNotListed) {
  BrokerWorld broker(with_sasl());
  broker.run([](Host& host) {
    auto ask = [](Peer& peer, const std::string& name) {
      EXPECT_EQ(peer.call<ApiVersionsResponse>(ApiVersionsRequest{name, "1"}, 3).error_code, ErrorCode::none);
      EXPECT_EQ(peer.call<SaslHandshakeResponse>(SaslHandshakeRequest{"PLAIN"}, 1).error_code, ErrorCode::none);
    };
    for (int i = 0; i < 300; ++i) {
      Peer stranger(host);
      ask(stranger, "stranger" + std::to_string(i));
    }
    Peer alice(host);
    ask(alice, "of-alice");
    alice.call<SaslAuthenticateResponse>(SaslAuthenticateRequest{Bytes::copy_of("\0alice\0secret"s)}, 2);
    auto listed = alice.call<DescribeClientsResponse>(DescribeClientsRequest{}, 0);
    ASSERT_EQ(listed.clients.size(), 2u) << "of-alice, and those without a name";
    EXPECT_EQ(listed.clients.at(1).software_name, "of-alice");
    std::set<std::int16_t> counted;
    for (const auto& request : listed.clients.at(1).requests) counted.insert(request.api_key);
    EXPECT_EQ(counted, (std::set<std::int16_t>{17, 18, 36})) << "also what it asked before it had authenticated";
  });
}

TEST(Authentication, AStrangersRequestIsSmall) {
  BrokerWorld broker(with_sasl({{"sasl.server.max.receive.size", "1000"}}));
  broker.run([](Host& host) {
    Peer stranger(host);
    stranger.send_raw("\0\0\3\351"s);  // a frame of 1001 bytes
    EXPECT_TRUE(stranger.is_closed());
    Peer old(host);
    old.call<SaslHandshakeResponse>(SaslHandshakeRequest{"PLAIN"}, 0);
    old.send_raw("\0\0\3\351"s);
    EXPECT_TRUE(old.is_closed());
  });
}

TEST(Authentication, ARecordedExchangeIsOfNoUse) {
  BrokerWorld broker(with_sasl());
  broker.run([](Host& host) {
    set_user(host, "carol", "pencil", ScramMechanism::sha_256);
    std::vector<std::string> recorded;
    {
      Peer peer(host);
      peer.call<SaslHandshakeResponse>(SaslHandshakeRequest{"SCRAM-SHA-256"}, 1);
      ScramClient client(ScramMechanism::sha_256, "carol", "pencil", "nonce");
      std::string answer;
      for (int turn = 0; turn < 2; ++turn) {
        recorded.push_back(client.respond(answer).value());
        auto response =
            peer.call<SaslAuthenticateResponse>(SaslAuthenticateRequest{Bytes::copy_of(recorded.back())}, 2);
        EXPECT_EQ(response.error_code, ErrorCode::none);
        answer = response.auth_bytes.view();
      }
      EXPECT_TRUE(client.respond(answer) && client.complete());
    }
    Peer peer(host);
    peer.call<SaslHandshakeResponse>(SaslHandshakeRequest{"SCRAM-SHA-256"}, 1);
    auto first = peer.call<SaslAuthenticateResponse>(SaslAuthenticateRequest{Bytes::copy_of(recorded[0])}, 2);
    EXPECT_EQ(first.error_code, ErrorCode::none);
    auto second = peer.call<SaslAuthenticateResponse>(SaslAuthenticateRequest{Bytes::copy_of(recorded[1])}, 2);
    EXPECT_EQ(second.error_code, ErrorCode::sasl_authentication_failed);
    EXPECT_TRUE(peer.is_closed());
  });
}

TEST(Authentication, AClientOutlivesItsSessions) {
  BrokerWorld broker(with_sasl({{"connections.max.reauth.ms", "5000"}}));
  broker.run([](Host& host) {
    ClusterClient cluster(host, options_of(broker_address, security_of(SaslMechanism::plain, "alice", "secret")));
    for (int i = 0; i < 60; ++i) {
      EXPECT_TRUE(cluster.metadata(std::vector<std::string>()));
      host.clock().sleep_for(milliseconds(500));
    }
    // One that does not authenticate again is closed at its next request.
    Peer peer(host);
    peer.call<SaslHandshakeResponse>(SaslHandshakeRequest{"PLAIN"}, 1);
    SaslAuthenticateRequest request{Bytes::copy_of("\0alice\0secret"s)};
    EXPECT_EQ(peer.call<SaslAuthenticateResponse>(request, 2).session_lifetime_ms, 5000);
    host.clock().sleep_for(milliseconds(4900));
    EXPECT_EQ(metadata(peer, {}).brokers.size(), 1u);
    host.clock().sleep_for(milliseconds(100));
    peer.send(MetadataRequest(), 12);
    EXPECT_TRUE(peer.is_closed());
  });
}

TEST(Authentication, AClientAuthenticatesAgainOnItsConnectionWhileOthersUseIt) {
  BrokerWorld broker(with_sasl({{"connections.max.reauth.ms", "3000"}}));
  broker.run([](Host& host) {
    set_user(host, "carol", "pencil", ScramMechanism::sha_256);
    auto options = options_of(broker_address, security_of(SaslMechanism::scram_sha_256, "carol", ""));
    std::string password = "pencil";
    options.password = [&] { return password; };
    ClusterClient cluster(host, options);
    auto in_time = [&] { return host.clock().deadline_in(seconds(5)); };
    auto first = cluster.any(in_time());
    ASSERT_TRUE(first) << to_string(first.error());
    const auto end = host.clock().now() + seconds(20);
    int served = 0;
    FiberGroup users;
    for (int n = 0; n < 3; ++n)
      users.spawn("user", [&] {
        while (host.clock().now() < end) {
          auto connection = cluster.any(in_time());
          ASSERT_TRUE(connection) << to_string(connection.error());
          EXPECT_EQ(*connection, *first) << "it stays open";
          auto answer = (*connection)->call<MetadataResponse>(MetadataRequest{}, in_time());
          ASSERT_TRUE(answer) << to_string(answer.error());
          ++served;
          host.clock().sleep_for(milliseconds(5));
        }
      });
    users.join();
    EXPECT_GT(served, 1000);
    // By the password of that time.
    set_user(host, "carol", "new", ScramMechanism::sha_256);
    host.clock().sleep_for(seconds(3));
    auto refused = cluster.any(in_time());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::sasl_authentication_failed);
    EXPECT_TRUE((*first)->broken()) << "nobody is served on it any more";
    password = "new";
    EXPECT_TRUE(cluster.any(in_time()));
  });
}

TEST(Authentication, WhereThereIsNothingToAuthenticateTheClientIsTold) {
  BrokerWorld broker;
  broker.run([](Host& host) {
    Peer peer(host);
    auto handshake = peer.call<SaslHandshakeResponse>(SaslHandshakeRequest{"PLAIN"}, 1);
    EXPECT_EQ(handshake.error_code, ErrorCode::illegal_sasl_state);
    EXPECT_TRUE(handshake.mechanisms.empty());
    auto answer = peer.call<SaslAuthenticateResponse>(SaslAuthenticateRequest{Bytes::copy_of("x")}, 2);
    EXPECT_EQ(answer.error_code, ErrorCode::illegal_sasl_state);
    EXPECT_EQ(try_client(host, security_of(SaslMechanism::plain, "alice", "secret")),
              "ILLEGAL_SASL_STATE: the listener is one without SASL");
  });
}

std::string error_of(const Properties& properties) {
  auto config = BrokerConfig::from(properties);
  return config ? "" : config.error().detail;
}

TEST(Authentication, AConfigurationThatWouldLetNobodyInIsRefusedWithASentence) {
  auto without = [](const char* name) {
    auto properties = with_sasl();
    properties.erase(name);
    return error_of(properties);
  };
  auto with = [](const char* name, const char* value) {
    auto properties = with_sasl();
    properties[name] = value;
    return error_of(properties);
  };
  EXPECT_EQ(error_of(with_sasl()), "");
  EXPECT_EQ(without("sasl.enabled.mechanisms"),
            "Invalid value for configuration sasl.enabled.mechanisms: GSSAPI is not served; set it to some of PLAIN, "
            "SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER");
  EXPECT_EQ(without("listener.name.sasl_plaintext.plain.sasl.jaas.config"),
            "Invalid value for configuration listener.name.sasl_plaintext.plain.sasl.jaas.config: PLAIN needs users: "
            "org.apache.kafka.common.security.plain.PlainLoginModule required user_NAME=\"PASSWORD\";");
  EXPECT_EQ(with("listener.name.sasl_plaintext.plain.sasl.jaas.config", "x.ScramLoginModule required user_a=\"b\";"),
            "Invalid value for configuration listener.name.sasl_plaintext.plain.sasl.jaas.config: the login module of "
            "PLAIN is PlainLoginModule");
  EXPECT_EQ(with("listener.name.sasl_plaintext.plain.sasl.jaas.config", "x.PlainLoginModule required user_a=\"secret"),
            "Invalid value for configuration listener.name.sasl_plaintext.plain.sasl.jaas.config: a value without its "
            "closing quote");
  EXPECT_EQ(with("listener.name.sasl_plaintext.sasl.enabled.mechanisms", "SCRAM-SHA-256"), "");
  EXPECT_EQ(with("sasl.enabled.mechanisms", "OAUTHBEARER"),
            "Invalid value for configuration sasl.oauthbearer.expected.issuer: must be set, or tokens of anybody whose "
            "keys are known are let in: set sasl.oauthbearer.allow.unverified.issuer to true if that is wanted");
  auto tokens = with_sasl({{"sasl.enabled.mechanisms", "OAUTHBEARER"},
                           {"sasl.oauthbearer.allow.unverified.audience", "true"},
                           {"sasl.oauthbearer.expected.issuer", "x"}});
  const auto url = "sasl.oauthbearer.jwks.endpoint.url"s;
  auto wrong_url = [&](const std::string& given, const std::string& why) {
    tokens[url] = given;
    EXPECT_EQ(error_of(tokens), "Invalid value for configuration " + url + ": " + why);
  };
  wrong_url("", "OAUTHBEARER needs keys (JWKS): https://HOST/PATH, or file:///PATH");
  wrong_url("file://keys.json", "a file is named as file:///PATH");
  wrong_url("file:///", "a file is named as file:///PATH");
  const auto form = "must be https://, http:// or file:/// with a path: "s;
  wrong_url("ftp://example/keys", form + "the URL begins with neither http nor https");
  wrong_url("https://user:secret@example/keys", form + "a user in a URL is not served");
  wrong_url("/keys", form + "the URL begins with neither http nor https");
  for (const auto* good : {"https://example/keys", "http://10.0.0.1:8080/keys?a=b", "https://[::1]:8443"}) {
    tokens[url] = good;
    EXPECT_EQ(error_of(tokens), "") << good;
  }
  tokens[url] = "file:///keys.json";
  EXPECT_EQ(error_of(tokens), "");
  tokens["sasl.oauthbearer.jwks.endpoint.retry.backoff.ms"] = "10001";
  EXPECT_EQ(
      error_of(tokens),
      "Invalid value 10000 for configuration sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms: must be at least "
      "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms");
}

// As in Kafka, options of the login module say whom to trust that has the keys.
TEST(Authentication, HowToFetchKeysIsSaidInTheLoginModule) {
  Properties properties{{"listeners", "SASL_PLAINTEXT://10.0.0.1:1,OTHER://10.0.0.1:2"},
                        {"listener.security.protocol.map", "SASL_PLAINTEXT:SASL_PLAINTEXT,OTHER:SASL_PLAINTEXT"},
                        {"sasl.enabled.mechanisms", "OAUTHBEARER"},
                        {"sasl.oauthbearer.allow.unverified.audience", "true"},
                        {"sasl.oauthbearer.allow.unverified.issuer", "true"},
                        {"sasl.oauthbearer.jwks.endpoint.url", "https://issuer/keys"}};
  auto with = [&](const std::string& options, const std::string& of = "") {
    auto changed = properties;
    changed[of + "oauthbearer.sasl.jaas.config"] = "x.OAuthBearerLoginModule required " + options + ";";
    return changed;
  };
  auto source_of = [](const Properties& all) {
    auto config = BrokerConfig::from(all).value();
    return token_key_source(config.properties, config.listeners).value().value();
  };
  auto error_of = [](const Properties& all) {
    auto config = BrokerConfig::from(all);
    return config ? "" : config.error().detail;
  };
  auto given = source_of(with(R"(ssl.truststore.type=PEM ssl.truststore.location="/ca.pem" clientId=x)"));
  EXPECT_EQ(given.tls.truststore_file, "/ca.pem");
  EXPECT_EQ(given.tls.truststore_type, TlsProperties::Store::pem);
  EXPECT_EQ(given.url.host, "issuer");
  EXPECT_EQ(source_of(properties).tls.truststore_file, "") << "the system's";
  EXPECT_TRUE(source_of(properties).tls.settings.check_server_name);
  EXPECT_EQ(error_of(with("ssl.endpoint.identification.algorithm=\"\"")),
            "The option ssl.endpoint.identification.algorithm of OAUTHBEARER's login module is not served");
  EXPECT_NE(error_of(with("ssl.truststore.location=\"/ca.jks\"")).find("stores of type JKS are not served"),
            std::string::npos);
  EXPECT_NE(error_of(with("ssl.truststore.type=PEN")).find("OAUTHBEARER's login module: "), std::string::npos);
  EXPECT_EQ(
      error_of(with("ssl.truststore.type=PEM", "listener.name.other.")),
      "The options ssl.* of OAUTHBEARER's login module must be the same on all listeners: the keys for tokens are "
      "fetched once for all");
  properties["sasl.oauthbearer.jwks.endpoint.url"] = "http://issuer/keys";
  EXPECT_EQ(error_of(with("ssl.truststore.type=PEM")),
            "The option ssl.truststore.type of OAUTHBEARER's login module has no effect unless "
            "sasl.oauthbearer.jwks.endpoint.url begins with https");
}

}  // namespace
}  // namespace fulmar
