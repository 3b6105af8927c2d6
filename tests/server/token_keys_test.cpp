// The keys that tokens are checked with: fetched from a server that may say anything, or nothing; and what that means
// for clients.
#include "broker/server/token_keys.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "broker/client/cluster_client.h"
#include "broker/security/tls/tls_connection.h"
#include "runtime/fiber/group.h"
#include "runtime/http/client.h"
#include "tests/runtime/log_lines.h"
#include "tests/security/test_certificates.h"
#include "tests/security/token_issuer.h"
#include "tests/server/broker_test_kit.h"

namespace fulmar {
namespace {

using namespace test_certificates;  // NOLINT: all of it is named here
using nlohmann::json;
using test::Issuer;

std::string with_length(const std::string& body, const std::string& head = "HTTP/1.1 200 OK") {
  return head + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}
std::string in_chunks(const std::string& body) {
  auto half = body.size() / 2;
  std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const auto& chunk : {body.substr(0, half), body.substr(half)}) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string size;
    for (auto left = chunk.size(); left > 0; left /= 16) size.insert(size.begin(), digits[left % 16]);
    text += size + "\r\n" + chunk + "\r\n";
  }
  return text + "0\r\n\r\n";
}
std::string keys_of(const std::vector<std::pair<const Issuer*, std::string>>& all) {
  auto list = json::array();
  for (const auto& [issuer, id] : all) list.push_back(issuer->key(id));
  return json{{"keys", list}}.dump();
}

// A machine that answers every request with the same bytes, piece by piece, or not at all.
class KeyServer {
 public:
  KeyServer(World& world, const std::string& name) : node(world.add_node(name)) {}

  void start() {
    node.start(1, [this](Host& host) {
      auto listener = host.network().listen({"0.0.0.0", 8080}).value();
      FiberGroup connections;
      for (;;) {
        auto accepted = listener->accept();
        if (!accepted) return 1;
        connections.spawn("answer", [this, &host, connection = std::move(*accepted)]() mutable {
          serve(host, std::move(connection));
        });
      }
    });
  }

  Node& node;
  std::string answer;
  std::string then_for_ever;  // after the answer, until the client has enough
  std::optional<TlsSettings> tls;
  int requests = 0;
  std::string last_request;

 private:
  void serve(Host& host, std::unique_ptr<Connection> connection) {
    auto deadline = host.clock().deadline_in(seconds(100));
    if (tls) {
      auto context = TlsContext::make(*tls, TlsEnd::server, host.entropy()).value();
      auto secured = std::make_unique<TlsConnection>(host, context, std::move(connection));
      if (!secured->handshake(deadline)) return;
      connection = std::move(secured);
    }
    std::string request;
    char buffer[1000];
    while (!request.ends_with("\r\n\r\n")) {
      auto count = connection->read(buffer, deadline);
      if (!count || *count == 0) return;
      request.append(buffer, *count);
    }
    ++requests;
    last_request = request;
    if (!answer.empty() && !connection->write(ByteChain(Bytes::copy_of(answer)), deadline)) return;
    while (!then_for_ever.empty() && connection->write(ByteChain(Bytes::copy_of(then_for_ever)), deadline))
      host.clock().sleep_for(milliseconds(1));
    if (!answer.empty()) connection->shutdown_write();
    while (auto count = connection->read(buffer, deadline))  // until the client has closed
      if (*count == 0) return;
  }
};

constexpr const char* key_url = "http://broker1:8080/keys";

TokenKeySource from_url(const std::string& url, Duration refresh = seconds(3600)) {
  TokenKeySource source;
  source.url = HttpUrl::parse(url).value();
  source.refresh = refresh;
  return source;
}

// The keys alone, on a machine beside that of the server.
class Fetching {
 public:
  explicit Fetching(TokenKeySource source)
      : world_(1, LogLevel::error),
        server(world_, "broker1"),
        machine(world_.add_node("fetching")),
        source_(std::move(source)) {
    server.answer = with_length(keys_of({{&one, "one"}}));
    server.start();
  }
  ~Fetching() {
    server.node.kill();
    machine.kill();
    EXPECT_TRUE(world_.leaks().empty()) << world_.leaks().front();
    for (const auto& stall : world_.stalls()) ADD_FAILURE() << stall.where << " was stalled by fiber " << stall.fiber;
  }

  void start() {
    machine.start(1, [this](Host& host) {
      TokenKeys fetched(host, nullptr, Logger(log, "tokens"));
      if (auto begun = fetched.begin(source_); !begun) {
        failure = begun.error().detail;
        return 1;
      }
      keys_ = &fetched;
      fetched.start([this](const std::shared_ptr<const JsonWebKeys>& keys) { used.push_back(keys); });
      while (host.stop_requested().wait(host.clock().deadline_in(milliseconds(10))) == WaitResult::timed_out) {
        if (!asked_.empty()) fetched.ask_for(std::exchange(asked_, {}));
      }
      keys_ = nullptr;
      fetched.stop();
      return 0;
    });
    pass(seconds(1));
  }
  void pass(Duration time) { world_.run_for(time); }
  // A token names the key; looked at within 10 ms.
  void ask_for(const std::string& key_id) { asked_.push_back(key_id); }
  // The ids that are known of "one", "two" and "three".
  std::string known() const {
    std::string ids;
    for (const char* id : {"one", "two", "three"})
      if (!used.empty() && used.back()->knows(id)) ids += (ids.empty() ? "" : ",") + std::string(id);
    return ids;
  }
  std::int64_t tries_failed() const { return keys_->tries_failed(); }
  std::size_t in_use() const { return keys_->in_use(); }
  std::int64_t said(const std::string& words) const {
    return std::ranges::count_if(log.lines, [&](const auto& line) { return line.find(words) != std::string::npos; });
  }
  // As somebody at the machine does: the file has the new content at once.
  void put(const std::string& name, const std::string& content) {
    auto file = std::make_shared<FileImage>();
    file->write(0, ByteChain(Bytes::copy_of(content)));
    file->sync(file->mark());
    auto& image = machine.disk().image();
    image.link(image.directory(""), name, {.file = std::move(file), .directory = nullptr});
  }

 private:
  World world_;

 public:
  const Issuer one{"ES256"};
  const Issuer two{"ES256"};
  KeyServer server;
  Node& machine;
  std::vector<std::shared_ptr<const JsonWebKeys>> used;  // in order
  LogLines log;
  std::string failure;

 private:
  const TokenKeySource source_;
  const TokenKeys* keys_ = nullptr;
  std::vector<std::string> asked_;
};

TEST(TokenKeys, AreFetchedAtTheStartAndAtIntervalsAndOldOnesGo) {
  Fetching keys(from_url(key_url, seconds(60)));
  keys.start();
  EXPECT_EQ(keys.known(), "one");
  EXPECT_EQ(keys.in_use(), 1u);
  EXPECT_TRUE(keys.server.last_request.starts_with("GET /keys HTTP/1.1\r\nHost: broker1:8080\r\n"));
  keys.pass(seconds(300));
  EXPECT_EQ(keys.server.requests, 6);
  EXPECT_EQ(keys.used.size(), 1u) << "nothing is new";
  keys.server.answer = in_chunks(keys_of({{&keys.one, "one"}, {&keys.two, "two"}}));
  keys.pass(seconds(60));
  EXPECT_EQ(keys.known(), "one,two");
  keys.server.answer = "HTTP/1.0 200 OK\r\n\r\n" + keys_of({{&keys.two, "two"}});  // until the stream ends
  keys.pass(seconds(60));
  EXPECT_EQ(keys.known(), "two") << "what the server does not have any more is not trusted any more";
  EXPECT_EQ(keys.said("new keys for tokens are used from=http://broker1:8080/keys keys=1"), 2);
  EXPECT_EQ(keys.tries_failed(), 0);
}

TEST(TokenKeys, AnUnknownKeyIsAReasonToFetchThemSoon) {
  Fetching keys(from_url(key_url));
  keys.start();
  keys.pass(seconds(60));
  EXPECT_EQ(keys.server.requests, 1);
  keys.server.answer = with_length(keys_of({{&keys.two, "two"}}));
  keys.ask_for("two");
  keys.pass(seconds(1));
  EXPECT_EQ(keys.server.requests, 2);
  EXPECT_EQ(keys.known(), "two");
  keys.ask_for("two");
  keys.pass(seconds(120));
  EXPECT_EQ(keys.server.requests, 2) << "it is known now";
}

TEST(TokenKeys, WhoMakesUpKeysDoesNotHaveThemFetchedAsOftenAsHeLikes) {
  Fetching keys(from_url(key_url));
  keys.start();
  keys.pass(seconds(60));
  for (int n = 0; n < 50; ++n) {
    keys.ask_for("none");
    keys.pass(seconds(1));
  }
  EXPECT_EQ(keys.server.requests, 2) << "the same one again";
  keys.pass(seconds(60));
  keys.ask_for("none");
  keys.pass(seconds(1));
  EXPECT_EQ(keys.server.requests, 3) << "it may be there by now";
  keys.ask_for(std::string(1001, 'x'));
  keys.pass(seconds(60));
  EXPECT_EQ(keys.server.requests, 3);
  for (int n = 0; n < 6000; ++n) {
    keys.ask_for(std::to_string(n));
    keys.pass(milliseconds(100));
  }
  EXPECT_LE(keys.server.requests, 3 + 61) << "one in ten seconds, whatever he says";
  EXPECT_GE(keys.server.requests, 3 + 55) << "so that a key that is there is found among those that are not";
}

TEST(TokenKeys, WhileTheServerIsDownThoseOfBeforeAreKept) {
  Fetching keys(from_url(key_url, seconds(60)));
  keys.start();
  keys.server.node.power_loss();
  keys.pass(seconds(60));
  keys.pass(seconds(5400));
  EXPECT_EQ(keys.known(), "one");
  EXPECT_EQ(keys.in_use(), 1u);
  EXPECT_EQ(keys.said("keys for tokens can't be had, and those of before are kept"), 2) << "at once, and after an hour";
  EXPECT_GT(keys.tries_failed(), 100) << "also for whoever looks at the metric later";
  EXPECT_LT(keys.tries_failed(), 700) << "with pauses that grow to ten seconds";
  keys.server.answer = with_length(keys_of({{&keys.two, "two"}}));
  keys.server.start();
  keys.pass(seconds(31));
  EXPECT_EQ(keys.known(), "two");
  EXPECT_EQ(keys.said("keys for tokens can be had again"), 1);
  auto failed = keys.tries_failed();
  keys.pass(seconds(600));
  EXPECT_EQ(keys.tries_failed(), failed) << "it is over";
}

TEST(TokenKeys, PausesAfterFailuresDoubleUpToTheLongest) {
  auto source = from_url(key_url);
  source.retry_backoff = milliseconds(100);
  source.retry_backoff_max = seconds(10);
  Fetching keys(source);
  keys.server.answer = with_length("no keys");
  keys.start();
  keys.pass(seconds(5));
  // After 0.1, 0.3, 0.7, 1.5, 3.1 and 6.3 seconds.
  EXPECT_EQ(keys.server.requests, 6);
  keys.pass(seconds(100));
  EXPECT_LE(keys.server.requests, 6 + 12);
  EXPECT_TRUE(keys.used.empty());
  EXPECT_EQ(keys.said("keys for tokens can't be had, and no token is accepted until they are"), 1);
  keys.server.answer = with_length(keys_of({{&keys.one, "one"}}));
  keys.pass(seconds(11));
  EXPECT_EQ(keys.known(), "one");
}

TEST(TokenKeys, WhateverAServerSaysTheKeysOfBeforeAreKept) {
  struct Case {
    std::string answer;
    std::string then_for_ever;
    std::string reason;
  };
  auto many = json::array();
  for (int n = 0; n < 1001; ++n) many.push_back({{"kty", "oct"}});
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::vector<Case> cases = {
      {with_length("gone", "HTTP/1.1 404 Not Found"), "", "it answers with status 404"},
      {with_length("", "HTTP/1.1 302 Found\r\nLocation: http://broker1:8080/other"), "",
       "it redirects (status 302), which is not followed"},
      {with_length("x", ok + "Content-Encoding: gzip"), "", "its answer is compressed, which nobody has asked for"},
      {with_length(""), "", "it is no JSON object"},
      {with_length("<html>"), "", "it is no JSON object"},
      {with_length(R"({"keys":[]})"), "", "none of the keys is of use"},
      {with_length(json{{"keys", many}}.dump()), "", "there are more than 1000 keys"},
      {with_length(std::string(200'000, '[')), "", "it is no JSON object"},
      {ok + "Content-Length: 1048577\r\n\r\n", "", "its body is longer than 1048576 bytes"},
      {ok + "Content-Length: 100\r\n\r\n{", "", "it is malformed"},
      {ok + "\r\n", std::string(100'000, ' '), "its body is longer than 1048576 bytes"},
      {ok, "Name: value\r\n", "its head is longer than 16384 bytes"},
      {ok + "Content-Length: 1000000\r\n\r\n", "x", "timed_out"},
      {"", "", "timed_out"},
      {"SSH-2.0-OpenSSH\r\n", "", "it is malformed"},
  };
  for (const auto& one : cases) {
    Fetching keys(from_url(key_url, seconds(60)));
    keys.start();
    ASSERT_EQ(keys.known(), "one");
    keys.server.answer = one.answer;
    keys.server.then_for_ever = one.then_for_ever;
    keys.pass(seconds(90));
    EXPECT_EQ(keys.known(), "one") << one.reason;
    EXPECT_EQ(keys.used.size(), 1u) << one.reason;
    EXPECT_GE(keys.tries_failed(), 1) << one.reason;
    EXPECT_EQ(keys.said("those of before are kept from=http://broker1:8080/keys"), 1) << one.reason;
    EXPECT_EQ(keys.said(one.reason), 1) << one.reason << ", and not: " << keys.log.lines.back();
    EXPECT_TRUE(keys.server.last_request.starts_with("GET /keys ")) << one.reason;
  }
}

// As many as are allowed, in a text as long as is allowed: nobody else has to wait for that.
TEST(TokenKeys, ManyOfThemStallNoShard) {
  Fetching keys(from_url(key_url));
  auto list = json::array();
  for (int n = 0; n < 1000; ++n) list.push_back(keys.one.key(std::to_string(n)));
  list.back()["filler"] = std::string(700'000, 'x');
  keys.server.answer = with_length(json{{"keys", list}}.dump());
  keys.start();
  keys.pass(seconds(10));
  EXPECT_EQ(keys.in_use(), 1000u);
}

TEST(TokenKeys, AreFetchedFromAServerThatIsTrustedOnly) {
  struct Case {
    const char* url;
    const char* trusted;
    const char* certificate;
    const char* key;
    std::string reason;
  };
  const std::vector<Case> cases = {
      {"https://broker1:8080/keys", test_ca, server_certificate, server_key, ""},
      {"https://10.0.0.1:8080/keys", test_ca, server_certificate, server_key, ""},
      {"https://broker1:8080/keys", test_ca, client_certificate, client_key, "hostname mismatch"},
      {"https://broker1:8080/keys", test_ca, stranger_certificate, stranger_key, "self-signed certificate"},
      {"https://broker1:8080/keys", "", server_certificate, server_key, "certificate verify failed"},
      {"https://broker1:8080/keys", test_ca, nullptr, nullptr, "TLS handshake: it took too long"},
  };
  for (const auto& one : cases) {
    auto source = from_url(one.url);
    source.tls.settings.trusted = one.trusted;
    Fetching keys(source);
    if (one.certificate) {
      keys.server.tls.emplace();
      keys.server.tls->certificate_chain = one.certificate;
      keys.server.tls->key = one.key;
      keys.server.tls->resumes = false;
    }
    keys.start();
    keys.pass(seconds(30));
    EXPECT_EQ(keys.known(), one.reason.empty() ? "one" : "") << one.reason;
    if (one.reason.empty()) continue;
    EXPECT_EQ(keys.said(one.reason), 1) << one.reason << ", and not: " << keys.log.lines.back();
    EXPECT_EQ(keys.server.requests, 0) << "it is asked nothing";
  }
}

TEST(TokenKeys, WhomToTrustIsReadEachTime) {
  auto source = from_url("https://broker1:8080/keys", seconds(60));
  source.tls.truststore_type = TlsProperties::Store::pem;
  source.tls.truststore_file = "trusted.pem";
  Fetching keys(source);
  keys.server.tls.emplace();
  keys.server.tls->certificate_chain = server_certificate;
  keys.server.tls->key = server_key;
  keys.server.tls->resumes = false;
  keys.put("trusted.pem", stranger_certificate);
  keys.start();
  keys.pass(seconds(30));
  EXPECT_EQ(keys.known(), "");
  keys.put("trusted.pem", test_ca);
  keys.pass(seconds(11));
  EXPECT_EQ(keys.known(), "one");
}

TokenKeySource from_file(const std::string& path) {
  TokenKeySource source;
  source.file = path;
  return source;
}

TEST(TokenKeys, OfAFileAreReadAgainWhenItChanges) {
  Fetching keys(from_file("/keys.json"));
  keys.put("keys.json", keys_of({{&keys.one, "one"}}));
  keys.start();
  EXPECT_EQ(keys.known(), "one");
  keys.pass(seconds(60));
  EXPECT_EQ(keys.used.size(), 1u);
  auto other = keys_of({{&keys.two, "two"}});
  keys.put("keys.json", other.substr(0, other.size() / 2));
  keys.pass(seconds(20));
  EXPECT_EQ(keys.known(), "one") << "a half of a file";
  EXPECT_EQ(keys.said("those of before are kept from=/keys.json"), 1);
  keys.put("keys.json", other);
  keys.pass(TokenKeys::file_look_interval + seconds(1));
  EXPECT_EQ(keys.known(), "two");
  keys.machine.disk().lose("keys.json");
  keys.pass(seconds(60));
  EXPECT_EQ(keys.known(), "two");
}

TEST(TokenKeys, WithoutItsFileABrokerDoesNotBegin) {
  Fetching keys(from_file("/keys.json"));
  keys.start();
  EXPECT_TRUE(keys.failure.starts_with("the keys for tokens in /keys.json: ")) << keys.failure;
  keys.put("keys.json", "{}");
  keys.start();
  EXPECT_EQ(keys.failure, "the keys for tokens in /keys.json: it is no JSON object with an array \"keys\" (JWKS)");
}

// -- Whole brokers.

const SocketAddress token_address{"10.0.0.1", 9095};

Properties with_tokens(const Properties& more = {}) {
  Properties all{
      {"listeners", "SASL_PLAINTEXT://" + to_string(token_address) + ",PLAINTEXT://" + to_string(broker_address)},
      {"sasl.enabled.mechanisms", "OAUTHBEARER"},
      {"sasl.oauthbearer.jwks.endpoint.url", "http://issuer:8080/keys"},
      {"sasl.oauthbearer.expected.issuer", "https://issuer"},
      {"sasl.oauthbearer.expected.audience", "fulmar"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

std::string token_of(const Issuer& issuer, const std::string& key_id) {
  constexpr std::int64_t year_seconds = 365 * 86'400;
  return issuer.token(
      {{"sub", "alice"}, {"iss", "https://issuer"}, {"aud", "fulmar"}, {"exp", World::epoch_ms / 1000 + year_seconds}},
      key_id);
}

// Whether a client with that token is served.
bool is_served(Host& host, const std::string& token) {
  ClusterClientOptions options;
  options.bootstrap = {token_address};
  options.security.protocol = SecurityProtocol::sasl_plaintext;
  options.security.mechanism = SaslMechanism::oauthbearer;
  options.security.token = token;
  ClusterClient cluster(host, options);
  return cluster.metadata(std::vector<std::string>()).has_value();
}

// On all shards, as far as so many connections meet them.
int served_of_ten(Host& host, const std::string& token) {
  int served = 0;
  for (int n = 0; n < 10; ++n) served += is_served(host, token);
  return served;
}

TEST(TokenKeys, OfABrokerAreUsedOnAllShardsAndReplacedWhileItRuns) {
  const Issuer one("ES256");
  const Issuer two("RS256");
  BrokerWorld broker({}, 3);
  broker.stop();
  broker.config = BrokerConfig::from(with_tokens({{"sasl.oauthbearer.jwks.endpoint.refresh.ms", "200000"}})).value();
  KeyServer issuer(broker.world, "issuer");
  issuer.answer = with_length(keys_of({{&one, "one"}}));
  issuer.start();
  broker.start(3);
  ASSERT_TRUE(broker.ready) << broker.failure;
  broker.run([&](Host& host) {
    EXPECT_EQ(served_of_ten(host, token_of(one, "one")), 10) << "at once: it is ready with its keys";
    EXPECT_EQ(served_of_ten(host, token_of(two, "one")), 0);
    host.clock().sleep_for(seconds(20));
    auto before = issuer.requests;
    issuer.answer = with_length(keys_of({{&one, "one"}, {&two, "two"}}));
    EXPECT_FALSE(is_served(host, token_of(two, "two"))) << "but this is the reason to fetch its key";
    host.clock().sleep_for(seconds(1));
    EXPECT_EQ(served_of_ten(host, token_of(two, "two")), 10);
    EXPECT_EQ(served_of_ten(host, token_of(one, "one")), 10);
    EXPECT_EQ(issuer.requests, before + 1);
    issuer.answer = with_length(keys_of({{&two, "two"}}));
    EXPECT_TRUE(is_served(host, token_of(one, "one"))) << "until the keys are fetched";
    host.clock().sleep_for(seconds(200));
    EXPECT_EQ(served_of_ten(host, token_of(one, "one")), 0) << "a key that is gone makes its tokens worthless";
    EXPECT_EQ(served_of_ten(host, token_of(two, "two")), 10);
  });
  broker.stop();
  issuer.node.kill();
}

// The sample of a metric without labels.
std::int64_t metric(Host& host, const std::string& name) {
  const auto url = HttpUrl::parse("http://10.0.0.1:9644/metrics").value();
  auto deadline = host.clock().deadline_in(seconds(10));
  auto connection = connect_by_name(host.network(), {url.host, url.port}, deadline).value();
  auto page = http_get(*connection, url, "text/plain", {}, deadline).value().body;
  auto at = page.find("\n" + name + " ");
  EXPECT_NE(at, std::string::npos) << name;
  return at == std::string::npos ? -1 : std::stoll(page.substr(at + name.size() + 2));
}

TEST(TokenKeys, ABrokerStartsWithoutThemAndAcceptsNoTokenUntilItHasThem) {
  const Issuer one("ES256");
  BrokerWorld broker(with_tokens({{"admin.http.listener", "10.0.0.1:9644"}}));
  ASSERT_TRUE(broker.ready) << broker.failure;
  KeyServer issuer(broker.world, "issuer");
  broker.run([&](Host& host) {
    EXPECT_FALSE(is_served(host, token_of(one, "one")));
    ClusterClientOptions options;
    options.bootstrap = {broker_address};
    EXPECT_TRUE(ClusterClient(host, options).metadata(std::nullopt)) << "others are served";
    EXPECT_EQ(metric(host, "fulmar_token_keys"), 0);
    EXPECT_GT(metric(host, "fulmar_token_keys_fetch_failed_total"), 0);
  });
  issuer.answer = with_length(keys_of({{&one, "one"}}));
  issuer.start();
  broker.world.run_for(seconds(31));
  broker.run([&](Host& host) {
    EXPECT_EQ(served_of_ten(host, token_of(one, "one")), 10);
    EXPECT_EQ(metric(host, "fulmar_token_keys"), 1);
  });
  broker.stop();
  issuer.node.kill();
}

}  // namespace
}  // namespace fulmar
