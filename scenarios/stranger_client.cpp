// A client that comes to the guarded listeners in every way in which nobody may be served: without authenticating, in
// the middle of that, after it failed, with passwords of the past, in plain text, with certificates that nobody trusts,
// after its session has ended, and as another user within one; and, as a control, in the way that is right.
#include <optional>

#include "broker/client/authentication.h"
#include "broker/client/connector.h"
#include "broker/protocol/endian.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/sasl.h"
#include "broker/protocol/messages/scram_credentials.h"
#include "broker/protocol/messages/topics.h"
#include "broker/security/sasl/plain.h"
#include "broker/security/sasl/scram.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "scenarios/clients.h"
#include "scenarios/credential_watch.h"
#include "scenarios/life_certificates.h"
#include "scenarios/plan_settings.h"
#include "scenarios/telling.h"

namespace fulmar {

namespace {

constexpr std::int64_t pace_ms_max = 1000;
constexpr Duration answer_max = milliseconds(1500);
constexpr Duration again_after = milliseconds(1100);  // brokers refuse to authenticate sooner again
constexpr std::int32_t frame_bytes_max = 1 << 24;
constexpr const char* wrong_password = "nobody's";

// How a stranger comes.
enum class Way : std::uint8_t {
  // With SASL:
  at_once,
  after_versions,
  after_handshake,
  amid_authentication,
  behind_a_failure,
  // With TLS:
  in_plain_text,
  // With certificates of clients:
  without_certificate,
  with_foreign_certificate,
};

const char* name_of(Way way) {
  switch (way) {
    case Way::at_once: return "before anything else";
    case Way::after_versions: return "after ApiVersions";
    case Way::after_handshake: return "after SaslHandshake";
    case Way::amid_authentication: return "amid the authentication";
    case Way::behind_a_failure: return "behind a wrong password";
    case Way::in_plain_text: return "in plain text";
    case Way::without_certificate: return "without a certificate";
    case Way::with_foreign_certificate: return "with a certificate that nobody trusts";
  }
  return "";
}

std::vector<Way> ways_of(const LifeSecurity& security) {
  std::vector<Way> ways;
  if (security.mechanism()) ways = {Way::at_once, Way::after_versions, Way::after_handshake, Way::behind_a_failure};
  if (security.scram()) ways.push_back(Way::amid_authentication);
  if (uses_tls(security.protocol())) ways.push_back(Way::in_plain_text);
  if (security.client_certificates())
    ways.insert(ways.end(), {Way::without_certificate, Way::with_foreign_certificate});
  return ways;
}

// Requests whose bytes go over a connection in any order; answers are counted by their correlation ids.
class BareConnection {
 public:
  BareConnection(Host& host, std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)), deadline_(host.clock().deadline_in(answer_max)) {}
  ~BareConnection() { connection_->abort(); }
  BareConnection(const BareConnection&) = delete;
  BareConnection& operator=(const BareConnection&) = delete;

  template <class Request>
  void add(const Request& request) {
    unwritten_.append(request_frame(request, api_info(Request::key).max, ++sent_, "stranger"));
  }
  Result<void> write() { return connection_->write(std::exchange(unwritten_, {}), deadline_); }
  // Whether the request that was added last is answered.
  Outcome outcome() {
    for (;;) {
      auto id = read_answer();
      if (!id) return id.error().code == Errc::timed_out ? Outcome::unknown : Outcome::failed;
      if (*id == sent_) return Outcome::ok;
    }
  }
  // The next answer; its correlation id. Errors: as Connection::read; corrupt: what comes is no answer.
  Result<std::int32_t> read_answer() {
    char prefix[4];
    FULMAR_TRY_VOID(read_all(prefix));
    auto size = load_big<std::int32_t>(prefix);
    if (size < 4 || size > frame_bytes_max) return fail(Errc::corrupt, "no answer");
    MutableBytes frame(static_cast<std::size_t>(size));
    FULMAR_TRY_VOID(read_all(frame.span()));
    return load_big<std::int32_t>(frame.span().data());
  }

 private:
  Result<void> read_all(std::span<char> into) {
    while (!into.empty()) {
      FULMAR_TRY(auto got, connection_->read(into, deadline_));
      if (got == 0) return fail(Errc::closed, "the broker closed the connection");
      into = into.subspan(got);
    }
    return {};
  }

  std::unique_ptr<Connection> connection_;
  Deadline deadline_;
  ByteChain unwritten_;
  std::int32_t sent_ = 0;
};

class Strangers {
 public:
  Strangers(Host& host, Workload& workload)
      : host_(host), workload_(workload), random_(host.entropy().stream()), ways_(ways_of(workload.security)) {
    workload.marks.expect(Mark::stranger_refused);
    for (auto mark : marks_of_kind()) workload.marks.expect(mark);
    if (workload.plan.setting_or(settings::session_ms, 0) > 0)
      for (auto mark : {Mark::authenticated_again, Mark::ended_session_refused}) workload.marks.expect(mark);
    if (workload.plan.setting_or(settings::password_pace_ms, 0) > 0) workload.marks.expect(Mark::past_password_refused);
  }

  void live() {
    while (!workload_.stop) {
      fulmar::pause(host_, random_, pace_ms_max);
      broker_ = static_cast<std::int32_t>(random_.below(workload_.brokers.size())) + 1;
      const auto chosen = random_.below(4);
      if (chosen < 2)
        come(ways_[random_.below(ways_.size())]);
      else
        visit();
    }
  }

 private:
  const LifeSecurity& security() const { return workload_.security; }
  Deadline in_time() { return host_.clock().deadline_in(answer_max); }
  std::vector<Mark> marks_of_kind() const {
    std::vector<Mark> marks;
    if (uses_tls(security().protocol())) marks.push_back(Mark::served_over_tls);
    if (security().client_certificates()) marks.push_back(Mark::served_by_certificate);
    if (security().mechanism() == SaslMechanism::plain) marks.push_back(Mark::authenticated_plain);
    if (security().mechanism() == SaslMechanism::scram_sha_256) marks.push_back(Mark::authenticated_scram_256);
    if (security().mechanism() == SaslMechanism::scram_sha_512) marks.push_back(Mark::authenticated_scram_512);
    return marks;
  }

  std::unique_ptr<Connection> connect(const ClientSecurity& by) {
    const auto& address = workload_.brokers[static_cast<std::size_t>(broker_ - 1)];
    auto connection =
        Connector(host_, uses_tls(by.protocol), by.tls.settings).connect(address, address.host, in_time());
    return connection ? std::move(*connection) : nullptr;
  }
  ClientSecurity as_worker(const std::string& password) const {
    return security().client(LifeSecurity::worker, password);
  }
  ClientSecurity comes_by(Way way) const {
    auto by = as_worker(wrong_password);
    if (way == Way::in_plain_text) by.protocol = SecurityProtocol::plaintext;
    if (way == Way::without_certificate) by.tls.settings.certificate_chain.clear(), by.tls.settings.key.clear();
    if (way == Way::with_foreign_certificate) {
      by.tls.settings.certificate_chain = life_certificates::foreign_certificate;
      by.tls.settings.key = life_certificates::foreign_key;
    }
    return by;
  }

  std::size_t begin(std::string what, std::optional<Instant> session_end) {
    workload_.history.guarded_requests.push_back(
        {.broker = broker_, .what = std::move(what), .session_end = session_end, .invoked = host_.clock().now()});
    tell_begun(workload_, workload_.history.guarded_requests.back());
    return workload_.history.guarded_requests.size() - 1;
  }
  void end(std::size_t index, Outcome outcome) {
    auto& request = workload_.history.guarded_requests[index];
    request.completed = host_.clock().now();
    request.outcome = outcome;
    tell_ended(workload_, request);
  }

  // Adds a request that nobody but a client may have answered; its name.
  const char* add_request(BareConnection& connection) {
    switch (random_.below(4)) {
      case 0: connection.add(MetadataRequest{}); return "Metadata";
      case 1: connection.add(DescribeUserScramCredentialsRequest{}); return "DescribeUserScramCredentials";
      case 2: connection.add(InitProducerIdRequest{}); return "InitProducerId";
      default: {
        CreateTopicsRequest request;
        auto& topic = request.topics.emplace_back();
        topic.name = CredentialWatch::strangers_topic;
        topic.num_partitions = 1;
        topic.replication_factor = 1;
        connection.add(request);
        return "CreateTopics";
      }
    }
  }

  std::unique_ptr<SaslClient> sasl_client(const ClientSecurity& by) {
    if (auto scram = as_scram(by.mechanism))
      return std::make_unique<ScramClient>(*scram, by.user, by.password, sasl_nonce(host_.entropy()));
    return std::make_unique<PlainClient>(by.user, by.password);
  }

  void come(Way way) {
    const auto by = comes_by(way);
    auto connected = connect(by);
    if (!connected) return;
    BareConnection connection(host_, std::move(connected));
    // In one piece, or as a client does that waits for answers.
    const bool at_once = random_.chance(1, 2);
    auto go_on = [&] { return at_once || (connection.write() && connection.read_answer()); };
    if (way == Way::after_versions || (way > Way::after_versions && way < Way::in_plain_text && random_.chance(1, 2))) {
      connection.add(ApiVersionsRequest{"stranger", "1"});
      if (!go_on()) return;
    }
    if (way > Way::after_versions && way < Way::in_plain_text) {
      connection.add(SaslHandshakeRequest{std::string(to_string(by.mechanism))});
      if (!go_on()) return;
    }
    if (way == Way::amid_authentication || way == Way::behind_a_failure) {
      auto message = sasl_client(by)->respond({});
      if (!message) return;
      // Of SCRAM this is the first of two, so another one that fits nothing makes it fail.
      for (int n = way == Way::behind_a_failure && security().scram() ? 2 : 1; n > 0; --n)
        connection.add(SaslAuthenticateRequest{Bytes::copy_of(*message)});
      if (way == Way::amid_authentication && !go_on()) return;
    }
    auto what = std::string(add_request(connection)) + " of a stranger " + name_of(way);
    auto request = begin(what, std::nullopt);
    auto outcome = connection.write() ? connection.outcome() : Outcome::failed;
    if (outcome == Outcome::failed) workload_.marks.reach(Mark::stranger_refused);
    end(request, outcome);
  }

  // Authenticates, and returns when the session ends at the latest; nullopt: it has not begun.
  std::optional<Instant> authenticate_as(ClientConnection& connection, const ClientSecurity& by) {
    auto index = workload_.history.authentication_attempts.size();
    workload_.history.authentication_attempts.push_back({.broker = broker_,
                                                         .user = by.user,
                                                         .mechanism = std::string(to_string(by.mechanism)),
                                                         .password = by.password,
                                                         .invoked = host_.clock().now()});
    tell_begun(workload_, workload_.history.authentication_attempts.back());
    auto session_end = authenticate(host_, connection, by, salted_, in_time());
    auto& attempt = workload_.history.authentication_attempts[index];
    attempt.completed = host_.clock().now();
    const bool refused = !session_end && session_end.error().code == ErrorCode::sasl_authentication_failed;
    attempt.outcome = session_end ? Outcome::ok : refused ? Outcome::failed : Outcome::unknown;
    tell_ended(workload_, attempt);
    if (!session_end) return std::nullopt;
    return session_end->value_or(Instant::max());
  }

  Outcome ask(ClientConnection& connection, const char* who, std::optional<Instant> session_end) {
    auto request = begin(std::string("Metadata of ") + who, session_end);
    auto answer = connection.call<MetadataResponse>(MetadataRequest{}, in_time());
    auto outcome = answer ? Outcome::ok : answer.error().code == Errc::timed_out ? Outcome::unknown : Outcome::failed;
    end(request, outcome);
    return outcome;
  }

  // As the clients' user, by one of its passwords, or one that never was. The present one is chosen most of the time.
  void visit() {
    const auto past = workload_.passwords.size();
    const auto number = random_.chance(2, 3) ? past : random_.below(past + 2);
    const auto by = as_worker(random_.chance(2, 3) ? workload_.password : "worker-" + std::to_string(number));
    auto connected = connect(by);
    if (!connected) return;
    auto connection = ClientConnection::open(host_, std::move(connected), "visitor", in_time());
    if (!connection) return;
    if (!security().mechanism()) {
      if (ask(**connection, "a client", Instant::max()) == Outcome::ok) reach_marks_of_kind();
      return;
    }
    const bool is_past = by.password != workload_.password;
    auto session_end = authenticate_as(**connection, by);
    if (!session_end) {
      if (workload_.history.authentication_attempts.back().outcome != Outcome::failed) return;
      if (is_past && past > 0) workload_.marks.reach(Mark::past_password_refused);
      ask(**connection, "somebody who was refused", std::nullopt);
      return;
    }
    if (ask(**connection, "a client", session_end) == Outcome::ok) reach_marks_of_kind();
    if (*session_end == Instant::max() || workload_.stop) return;
    if (random_.chance(1, 2)) {
      outstay(**connection, *session_end);
    } else {
      go_on(**connection);
    }
  }

  void outstay(ClientConnection& connection, Instant session_end) {
    auto over = session_end - host_.clock().now() + milliseconds(random_.between(1, 100));
    if (over > Duration::zero()) host_.clock().sleep_for(over);
    if (ask(connection, "a client whose session is over", session_end) == Outcome::failed)
      workload_.marks.reach(Mark::ended_session_refused);
  }

  // On the same connection; in some cases by a password that is wrong.
  void go_on(ClientConnection& connection) {
    host_.clock().sleep_for(again_after);
    if (security().scram() && random_.chance(1, 3)) return become_another(connection);
    const bool right = random_.chance(2, 3);
    auto session_end = authenticate_as(connection, as_worker(right ? workload_.password : wrong_password));
    if (!session_end) {
      if (workload_.history.authentication_attempts.back().outcome == Outcome::failed)
        ask(connection, "somebody who was refused the second time", std::nullopt);
      return;
    }
    if (ask(connection, "a client that has authenticated again", session_end) == Outcome::ok)
      workload_.marks.reach(Mark::authenticated_again);
  }

  // As another user, whose password is right: a session stays its user's.
  void become_another(ClientConnection& connection) {
    const auto by = security().client(LifeSecurity::admin, LifeSecurity::admin_password);
    auto session_end = authenticate(host_, connection, by, salted_, in_time());
    if (session_end || session_end.error().code == ErrorCode::sasl_authentication_failed)
      ask(connection, "a client that has become another user", std::nullopt);
  }

  void reach_marks_of_kind() {
    for (auto mark : marks_of_kind()) workload_.marks.reach(mark);
  }

  Host& host_;
  Workload& workload_;
  Random random_;
  const std::vector<Way> ways_;
  SaltedPasswords salted_;
  std::int32_t broker_ = 1;
};

}  // namespace

void come_as_strangers(Host& host, Workload& workload) {
  Strangers(host, workload).live();
}

}  // namespace fulmar
