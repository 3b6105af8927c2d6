// What passes the gate of a connection, in every state of it.
#include "broker/server/requests/sasl_gate.h"

#include <gtest/gtest.h>

#include "all_messages.h"
#include "broker/protocol/messages/sasl.h"
#include "broker/protocol/reader.h"
#include "broker/security/sasl/plain.h"

namespace fulmar {
namespace {

using namespace std::string_literals;
using Verdict = SaslGate::Verdict;

constexpr std::size_t size_bytes = 4;

// A gate with PLAIN for alice and bob, and its clock.
class GateKit {
 public:
  explicit GateKit(Duration session_max = Duration::zero(), std::optional<Timestamp> valid_until = std::nullopt)
      : gate(
            {{SaslMechanism::plain, SaslMechanism::scram_sha_256}, {{SaslMechanism::plain, session_max}}},
            [this, valid_until](SaslMechanism) { return make(valid_until); }, now) {
    users_.add("alice", "secret");
    users_.add("bob", "other");
  }

  template <class Request>
  SaslGate::Ruling send(const Request& request, std::int16_t version) {
    return gate.receive(request_frame(request, version, 7, "test").flatten().slice(size_bytes), now, wall);
  }
  SaslGate::Ruling send_raw(const std::string& bytes) { return gate.receive(Bytes::copy_of(bytes), now, wall); }
  template <class Response>
  static Response read(const SaslGate::Ruling& ruling, std::int16_t version) {
    EXPECT_TRUE(ruling.frame.has_value());
    Reader reader(ruling.frame->flatten().slice(size_bytes));
    EXPECT_EQ(read_response_header(reader, Response::key, version), 7);
    auto response = decode<Response>(reader, version);
    EXPECT_TRUE(response.has_value());
    return response.value_or(Response());
  }
  SaslGate::Ruling shake_hands(const std::string& mechanism = "PLAIN", std::int16_t version = 1) {
    return send(SaslHandshakeRequest{mechanism}, version);
  }
  SaslGate::Ruling send_token(const std::string& token, std::int16_t version = 2) {
    return send(SaslAuthenticateRequest{Bytes::copy_of(token)}, version);
  }
  void authenticate() {
    EXPECT_EQ(shake_hands().verdict, Verdict::answer);
    EXPECT_EQ(send_token("\0alice\0secret"s).verdict, Verdict::answer);
    EXPECT_EQ(*gate.user(), "alice");
  }

 private:
  // With an end of its tokens, as OAUTHBEARER has.
  struct Expiring final : SaslServer {
    Expiring(const PlainUsers& users, Timestamp end) : plain(users), end(end) {}
    Result<std::string, SaslFailure> answer(std::string_view message) override {
      auto answer = plain.answer(message);
      if (plain.identity()) known = SaslIdentity{plain.identity()->name, end};
      return answer;
    }
    const SaslIdentity* identity() const override { return known ? &*known : nullptr; }
    PlainServer plain;
    Timestamp end;
    std::optional<SaslIdentity> known;
  };
  std::unique_ptr<SaslServer> make(std::optional<Timestamp> valid_until) const {
    if (valid_until) return std::make_unique<Expiring>(users_, *valid_until);
    return std::make_unique<PlainServer>(users_);
  }

  PlainUsers users_;

 public:
  Instant now{seconds(100).count()};
  Timestamp wall = 1'000'000;
  SaslGate gate;
};

TEST(SaslGate, VersionsOnceThenAMechanismThenItsMessages) {
  GateKit kit;
  EXPECT_EQ(kit.send(ApiVersionsRequest{"x", "1"}, 3).verdict, Verdict::pass);
  auto handshake = kit.shake_hands();
  EXPECT_EQ(handshake.verdict, Verdict::answer);
  auto offered = GateKit::read<SaslHandshakeResponse>(handshake, 1);
  EXPECT_EQ(offered.error_code, ErrorCode::none);
  EXPECT_EQ(offered.mechanisms, (std::vector<std::string>{"PLAIN", "SCRAM-SHA-256"}));
  EXPECT_EQ(kit.gate.user(), nullptr);
  EXPECT_TRUE(kit.gate.deadline());
  auto answer = GateKit::read<SaslAuthenticateResponse>(kit.send_token("\0alice\0secret"s), 2);
  EXPECT_EQ(answer.error_code, ErrorCode::none);
  EXPECT_EQ(answer.error_message, "") << "and not null, as Kafka has it";
  EXPECT_EQ(answer.session_lifetime_ms, 0);
  EXPECT_EQ(*kit.gate.user(), "alice");
  EXPECT_FALSE(kit.gate.deadline());
  EXPECT_EQ(kit.send(MetadataRequest(), 9).verdict, Verdict::pass);
}

TEST(SaslGate, AClientMayAskForVersionsAgainIfItAskedInOneThatIsNotServed) {
  GateKit kit;
  auto request = request_frame(ApiVersionsRequest{"x", "1"}, 3, 7, "test").flatten().slice(size_bytes);
  std::string later(request.view());
  later[3] = 99;
  EXPECT_EQ(kit.send_raw(later).verdict, Verdict::pass);
  EXPECT_EQ(kit.send(ApiVersionsRequest{"x", "1"}, 3).verdict, Verdict::pass);
  EXPECT_EQ(kit.send(ApiVersionsRequest{"x", "1"}, 3).verdict, Verdict::refuse) << "but not twice";
}

TEST(SaslGate, NothingElsePassesBeforeAuthentication) {
  Random random(1);
  for_each_request([&]<class M>() {
    const auto& api = api_info(M::key);
    for (auto version = api.min; version <= api.max; ++version) {
      auto request = generate<M>(random, version);
      bool begins = M::key == ApiKey::api_versions || M::key == ApiKey::sasl_handshake;
      GateKit fresh;
      if (!begins) {
        EXPECT_EQ(fresh.send(request, version).verdict, Verdict::refuse) << api.name;
      }
      GateKit after_versions;
      after_versions.send(ApiVersionsRequest{"x", "1"}, 3);
      if (M::key != ApiKey::sasl_handshake) {
        EXPECT_EQ(after_versions.send(request, version).verdict, Verdict::refuse) << api.name;
      }
      GateKit while_authenticating;
      while_authenticating.shake_hands();
      if (M::key != ApiKey::sasl_authenticate) {
        auto ruling = while_authenticating.send(request, version);
        EXPECT_EQ(ruling.verdict, Verdict::refuse) << api.name;
        EXPECT_FALSE(ruling.frame) << api.name;
      }
    }
  });
}

TEST(SaslGate, WhatIsNoRequestIsRefusedInEveryState) {
  for (const auto& bytes :
       {""s, "\0"s, std::string(8, '\xff'), "GET / HTTP/1.1\r\n\r\n"s, "\x16\x03\x01\x02\0\1\0\1\xfc"s}) {
    GateKit fresh;
    EXPECT_EQ(fresh.send_raw(bytes).verdict, Verdict::refuse);
    GateKit while_authenticating;
    while_authenticating.shake_hands();
    EXPECT_EQ(while_authenticating.send_raw(bytes).verdict, Verdict::refuse);
  }
}

TEST(SaslGate, AMechanismThatIsNotEnabledIsAnsweredWithThoseThatAre) {
  for (const auto* name : {"SCRAM-SHA-512", "GSSAPI", "plain", ""}) {
    GateKit kit;
    auto ruling = kit.shake_hands(name);
    EXPECT_EQ(ruling.verdict, Verdict::refuse) << name;
    auto response = GateKit::read<SaslHandshakeResponse>(ruling, 1);
    EXPECT_EQ(response.error_code, ErrorCode::unsupported_sasl_mechanism);
    EXPECT_EQ(response.mechanisms.size(), 2u);
  }
}

TEST(SaslGate, AWrongPasswordIsAnsweredAndTheClientRefused) {
  GateKit kit;
  kit.shake_hands();
  auto ruling = kit.send_token("\0alice\0wrong"s);
  EXPECT_EQ(ruling.verdict, Verdict::refuse);
  EXPECT_EQ(ruling.user, "alice");
  auto response = GateKit::read<SaslAuthenticateResponse>(ruling, 2);
  EXPECT_EQ(response.error_code, ErrorCode::sasl_authentication_failed);
  EXPECT_EQ(response.error_message, "Authentication failed: Invalid username or password");
  EXPECT_TRUE(response.auth_bytes.empty());
  EXPECT_EQ(kit.gate.user(), nullptr);
  GateKit malformed;
  malformed.shake_hands();
  EXPECT_EQ(GateKit::read<SaslAuthenticateResponse>(malformed.send_token("x"), 2).error_message,
            "Invalid SASL/PLAIN response: expected 3 tokens, got 1");
}

TEST(SaslGate, OldClientsSendTokensAsTheyAre) {
  GateKit kit;
  EXPECT_EQ(kit.shake_hands("PLAIN", 0).verdict, Verdict::answer);
  EXPECT_TRUE(kit.gate.takes_tokens());
  auto answer = kit.send_raw("\0alice\0secret"s);
  EXPECT_EQ(answer.verdict, Verdict::answer);
  EXPECT_EQ(answer.frame->flatten().view(), "\0\0\0\0"s);
  EXPECT_EQ(*kit.gate.user(), "alice");
  EXPECT_FALSE(kit.gate.takes_tokens());
  EXPECT_EQ(kit.send(MetadataRequest(), 9).verdict, Verdict::pass);
  GateKit wrong;
  wrong.shake_hands("PLAIN", 0);
  auto refused = wrong.send_raw("\0alice\0wrong"s);
  EXPECT_EQ(refused.verdict, Verdict::refuse);
  EXPECT_FALSE(refused.frame);
}

TEST(SaslGate, ASessionEndsUnlessTheClientAuthenticatesAgain) {
  GateKit kit(seconds(60));
  kit.shake_hands();
  EXPECT_EQ(GateKit::read<SaslAuthenticateResponse>(kit.send_token("\0alice\0secret"s, 1), 1).session_lifetime_ms,
            60'000);
  kit.now = kit.now + seconds(59);
  EXPECT_EQ(kit.send(MetadataRequest(), 9).verdict, Verdict::pass);
  kit.authenticate();
  kit.now = kit.now + seconds(59);
  EXPECT_EQ(kit.send(MetadataRequest(), 9).verdict, Verdict::pass);
  kit.now = kit.now + seconds(1);
  EXPECT_EQ(kit.send(MetadataRequest(), 9).verdict, Verdict::refuse);
}

TEST(SaslGate, AnEndedSessionMayStillBeginAgain) {
  GateKit kit(seconds(60));
  kit.authenticate();
  kit.now = kit.now + seconds(600);
  kit.authenticate();
  EXPECT_EQ(kit.send(MetadataRequest(), 9).verdict, Verdict::pass);
}

TEST(SaslGate, ASessionEndsWithItsTokenIfThatIsSooner) {
  GateKit kit(seconds(60), 1'000'000 + 5'000);
  kit.shake_hands();
  EXPECT_EQ(GateKit::read<SaslAuthenticateResponse>(kit.send_token("\0alice\0secret"s, 1), 1).session_lifetime_ms,
            5'000);
  kit.now = kit.now + seconds(5);
  EXPECT_EQ(kit.send(MetadataRequest(), 9).verdict, Verdict::refuse);
}

TEST(SaslGate, WhoAuthenticatesAgainStaysWhoHeIs) {
  GateKit kit;
  kit.authenticate();
  kit.now = kit.now + seconds(2);
  EXPECT_EQ(kit.shake_hands().verdict, Verdict::answer);
  auto ruling = kit.send_token("\0bob\0other"s);
  EXPECT_EQ(ruling.verdict, Verdict::refuse);
  EXPECT_EQ(GateKit::read<SaslAuthenticateResponse>(ruling, 2).error_message,
            "Cannot change principals during re-authentication from User.alice: User.bob");
  EXPECT_EQ(*kit.gate.user(), "alice");
  GateKit other;
  other.authenticate();
  other.now = other.now + seconds(2);
  EXPECT_EQ(other.shake_hands("SCRAM-SHA-256").verdict, Verdict::refuse);
}

TEST(SaslGate, NoRequestPassesWhileTheClientAuthenticatesAgain) {
  GateKit kit;
  kit.authenticate();
  kit.now = kit.now + seconds(2);
  kit.shake_hands();
  EXPECT_TRUE(kit.gate.deadline());
  EXPECT_EQ(kit.send(MetadataRequest(), 9).verdict, Verdict::refuse);
}

TEST(SaslGate, AuthenticatingAgainTooSoonIsLeftToTheHandlerWhichRefusesIt) {
  GateKit kit;
  kit.authenticate();
  EXPECT_EQ(kit.shake_hands().verdict, Verdict::pass);
  EXPECT_EQ(kit.send_token("x").verdict, Verdict::pass);
}

}  // namespace
}  // namespace fulmar
