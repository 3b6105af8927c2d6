#include "broker/server/requests/connection.h"

#include <algorithm>

#include "broker/protocol/throttle_time.h"
#include "broker/server/requests/client_connections.h"
#include "broker/server/requests/request.h"
#include "broker/server/requests/response_room.h"
#include "broker/server/requests/sasl_servers.h"
#include "broker/server/shard/broker_shard.h"
#include "runtime/base/assert.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t requests_under_way_max = 16;  // of one connection: what clients usually have in flight, and some
constexpr std::int64_t request_bytes_under_way_max = 16 << 20;  // of one connection; a larger request goes alone
constexpr int requests_per_turn_max = 16;                       // before other connections get their turn
// A peer has to take a response within a grace period, after that at no less than a rate, so that slow readers do not
// hold memory; the period is shorter while others wait for memory for their responses, since waits would add up.
constexpr Duration answer_grace = seconds(30);
constexpr Duration answer_grace_contended = seconds(5);
constexpr Duration contention_check_interval = seconds(1);
constexpr std::int64_t answer_bytes_per_second_min = 64 * 1024;
// Charged before a request begins, so that none does while there is no memory even for small responses: their size is
// not known until they are made.
constexpr std::int64_t first_of_answer_bytes = 256;
constexpr Duration for_ever = std::chrono::hours(24 * 365 * 100);  // small enough that sums of times do not overflow

}  // namespace

ServedConnection::ServedConnection(BrokerShard& shard, ClientConnections& all, std::uint64_t id,
                                   const ListenerConfig& listener, const SaslServers* sasl,
                                   std::unique_ptr<Connection> connection, Principal principal)
    : shard_(shard),
      all_(all),
      id_(id),
      connection_(std::move(connection)),
      session_(std::make_shared<Session>(connection_->peer())),
      frames_(*connection_, shard.host().clock(), shard.client_memory().requests, all.scratch(),
              shard.config().request_bytes_max),
      sasl_(sasl),
      active_at_(now()),
      alarm_([this] { alarm_rings(); }) {
  session_->listener = listener.name;
  session_->protocol = listener.protocol;
  session_->principal = std::move(principal);
  session_->answered = &shard.client_counts().of({});
  session_->apis = &shard.counts().apis;
  if (!sasl_) return;
  const auto& settings = sasl_->settings();
  gate_ = std::make_unique<SaslGate>(
      SaslGate::Rules{settings.mechanisms, settings.session_max},
      [sasl](SaslMechanism mechanism) { return sasl->make(mechanism); }, active_at_);
  expect_frames();
}

ServedConnection::~ServedConnection() {
  FULMAR_ASSERT(closed_);
}

const SocketAddress& ServedConnection::peer() const {
  return session_->peer;
}

Duration ServedConnection::idle_max() const {
  return std::min(shard_.config().connection_idle_max, for_ever);
}

Instant ServedConnection::now() const {
  return shard_.host().clock().now();
}

void ServedConnection::serve_soon() {
  if (closed_ || std::exchange(serving_, true)) return;
  all_.run([self = shared_from_this()] { self->serve(); });
}

void ServedConnection::write_soon() {
  if (closed_) return;
  all_.run([self = shared_from_this()] { self->advance(); });
}

// What the next frame may be: of a stranger only what authenticating takes.
void ServedConnection::expect_frames() {
  bool stranger = gate_ && gate_->deadline();
  auto size_max = stranger ? std::min(sasl_->settings().message_bytes_max, shard_.config().request_bytes_max)
                           : shard_.config().request_bytes_max;
  frames_.expect(stranger && gate_->takes_tokens() ? 0 : FrameAssembler::request_bytes_min, size_max);
  const bool known = gate_->user() != nullptr;
  frames_.charge_to(known ? shard_.client_memory().requests : all_.strangers_memory(), known);
}

bool ServedConnection::may_begin() const {
  // If there is no memory for responses, this connection's client has to take its response first.
  bool unwritten = !answers_.empty() && answers_.front().frame;
  if (unwritten && shard_.client_memory().answers.available(true) <= 0) return false;
  return answers_.size() < requests_under_way_max && request_bytes_ < request_bytes_under_way_max;
}

// If so, serves once its time is over.
bool ServedConnection::is_throttled() {
  auto until = session_->throttle.held_until();
  if (until <= now()) return false;
  held_until_ = until;
  set_alarm();
  return true;
}

// If not, serves once there is. Others who take no responses are closed for that: see contended_at_.
bool ServedConnection::has_room_for_an_answer() {
  auto& answers = shard_.client_memory().answers;
  if (first_of_answer_.bytes() > 0) return true;
  if (has_room_for_small_response(shard_)) {
    answers.charge_at_once(first_of_answer_, first_of_answer_bytes);
    return true;
  }
  serving_ = false;  // before, since it may be granted at once
  answers.charge_first_later(first_of_answer_, first_of_answer_bytes, room_);
  return false;
}

void ServedConnection::serve() {
  read_until_.reset();
  for (int turn = 0; !closed_ && !input_ended_; ++turn) {
    if (!may_begin()) {
      held_back_ = true;
      break;
    }
    if (turn == requests_per_turn_max) {
      serving_ = false;
      return serve_soon();
    }
    if (is_throttled()) break;
    if (!has_room_for_an_answer()) return;
    auto step = frames_.next();
    if (!step) {
      serving_ = false;
      return end(step.error());
    }
    if (step->kind == FrameAssembler::Kind::frame) {
      active_at_ = now();
      auto begun = begin(std::move(step->frame), std::move(step->charge));
      if (begun) continue;
      serving_ = false;
      return end(begun.error());
    }
    serving_ = false;
    switch (step->kind) {
      case FrameAssembler::Kind::needs_bytes:
        if (answers_.empty()) answers_ = std::vector<Answer>();  // an idle connection keeps no memory
        first_of_answer_ = {};
        read_until_ = frames_.deadline().value_or(active_at_ + idle_max());
        if (gate_ && gate_->deadline()) read_until_ = std::min(*read_until_, *gate_->deadline());
        set_alarm();
        connection_->when_readable(&readable_);
        return;
      case FrameAssembler::Kind::needs_memory:
        // Those who have all of the memory for requests may wait for memory for their responses.
        first_of_answer_ = {};
        shard_.client_memory().requests.charge_later(frames_.charge(), step->bytes, step->small, room_);
        return;
      case FrameAssembler::Kind::end:
      case FrameAssembler::Kind::frame:
        input_ended_ = true;  // the client sends no more, but still gets its responses
        if (answers_.empty()) close();
        return;
    }
  }
  serving_ = false;
}

Result<void> ServedConnection::begin(Bytes frame, MemoryBudget::Charge memory) {
  auto size = static_cast<std::int64_t>(frame.size());
  const auto received = active_at_;
  if (gate_ && !passes_gate(frame)) return {};
  FULMAR_TRY(auto request, Request::read(session_, std::move(frame)));
  auto time = session_->throttle.limited_time(shard_, session_->principal, request.header());
  auto begun = take_time(time.get(), [&] { return begin_client_request(shard_, request); });
  if (!begun) return std::unexpected(std::move(begun.error()));
  if (closed_) return {};  // closed meanwhile
  auto number = next_number_++;
  auto& answer = answers_.emplace_back();
  answer.number = number;
  answer.request_bytes = size;
  request_bytes_ += size;
  answer.slot = RequestCounts::slot_of(request.header().api_key, request.version());
  answer.api = session_->apis->of(request.header().api_key);
  answer.name = {request.header().api_key, request.version(), request.header().correlation_id};
  answer.times = {.received = received, .begun = now(), .asked_wait = asked_wait_of(request.header().api_key)};
  answer.request = std::move(memory);
  answer.memory = std::exchange(first_of_answer_, {});
  answer.time = std::move(time);
  if (auto ready = begun->take_ready()) {
    done(number, std::move(*ready), {});
  } else if (auto delayed = begun->take_delayed()) {
    delayed->again = [weak = weak_from_this(), number] {
      if (auto self = weak.lock()) self->attempt_soon(number);
    };
    answer.times.asked_wait = std::max(answer.times.asked_wait, delayed->asked_wait());
    answer.delayed = std::move(delayed);
    answer.memory = {};  // it waits for memory of its own, and must hold none meanwhile
    advance();
  } else {
    all_.wait_in_fiber([self = shared_from_this(), number, time = answer.time, finish = std::move(*begun)]() mutable {
      self->done(number, take_time(time.get(), finish), {});
    });
  }
  return {};
}

bool ServedConnection::passes_gate(const Bytes& frame) {
  auto ruling = gate_->receive(frame, now(), shard_.host().clock().wall_ms());
  if (closed_) return false;  // closed meanwhile
  expect_frames();
  // Once: it never changes again, and other shards may read it.
  if (const auto* user = gate_->user(); user && session_->principal.name != *user) session_->principal.name = *user;
  if (gate_->user() && !counted_by_name_) count_by_name();
  if (ruling.verdict == SaslGate::Verdict::pass) return true;
  if (ruling.verdict == SaslGate::Verdict::refuse) {
    refuse(std::move(ruling));
    return false;
  }
  auto number = next_number_++;
  auto& answer = answers_.emplace_back();
  answer.number = number;
  answer.slot = RequestCounts::slot_of(ruling.api_key, ruling.api_version);
  answer.api = session_->apis->of(ruling.api_key);
  answer.name = {ruling.api_key, ruling.api_version, 0};
  answer.times = {.received = active_at_, .begun = now()};
  answer.memory = std::exchange(first_of_answer_, {});
  answered(number, std::move(*ruling.frame), {});
  return false;
}

// A client's software is listed only once the client has authenticated: strangers would fill the list, for good.
void ServedConnection::count(RequestCounts::Slot slot) {
  const bool stranger = gate_ && !counted_by_name_;
  if (!stranger)
    session_->answered->add(slot);
  else if (slot != RequestCounts::uncounted)
    answered_to_stranger_.push_back(slot);  // the gate lets few through
}

void ServedConnection::count_by_name() {
  counted_by_name_ = true;
  session_->answered = &shard_.client_counts().of({session_->software_name, session_->software_version});
  for (auto slot : std::exchange(answered_to_stranger_, {})) session_->answered->add(slot);
}

void ServedConnection::refuse(SaslGate::Ruling ruling) {
  constexpr std::size_t logged_max = 100;  // bytes of a name that a stranger sends
  ++shard_.counts().authentications_failed;
  auto mechanism = gate_->mechanism();
  shard_.strangers_log().warn("authentication failed",
                              {{"peer", to_string(session_->peer)},
                               {"listener", session_->listener},
                               {"mechanism", mechanism ? std::string(to_string(*mechanism)) : "none"},
                               {"user", ruling.user.substr(0, logged_max)},
                               {"reason", ruling.reason}});
  input_ended_ = true;
  refusal_ = Refusal{now() + sasl_->settings().failure_delay, std::move(ruling.frame)};
  set_alarm();
}

void ServedConnection::tell_refusal() {
  if (closed_ || !refusal_) return;
  auto frame = std::exchange(refusal_, std::nullopt)->frame;
  if (!frame) {
    if (answers_.empty()) close();
    return;
  }
  auto number = next_number_++;
  auto& answer = answers_.emplace_back();
  answer.number = number;
  answer.times = {.received = now(), .begun = now()};
  answered(number, std::move(*frame), {});
}

void ServedConnection::attempt_soon(std::uint64_t number) {
  if (closed_ || answers_.empty() || answers_.front().number != number) return;
  const auto& answer = answers_.front();
  all_.run([self = shared_from_this(), number, delayed = answer.delayed, time = answer.time] {
    if (self->closed_) return;
    auto ready = take_time(time.get(), [&] { return delayed->attempt(); });
    if (ready) self->done(number, std::move(ready->frame), std::move(ready->memory));
  });
}

void ServedConnection::done(std::uint64_t number, ByteChain frame, MemoryBudget::Charge memory) {
  if (closed_) return;
  const auto& answer = answers_[static_cast<std::size_t>(number - answers_.front().number)];
  if (!answer.time) return answered(number, std::move(frame), std::move(memory));
  all_.wait_in_fiber([self = shared_from_this(), number, name = answer.name, time = answer.time,
                      frame = std::move(frame), memory = std::move(memory)]() mutable {
    auto held_ms = self->session_->throttle.count(self->shard_, *time);
    if (held_ms > 0) raise_throttle_time(frame, static_cast<ApiKey>(name.api_key), name.version, held_ms);
    self->answered(number, std::move(frame), std::move(memory));
  });
}

void ServedConnection::answered(std::uint64_t number, ByteChain frame, MemoryBudget::Charge memory) {
  if (closed_) return;
  auto& answer = answers_[static_cast<std::size_t>(number - answers_.front().number)];
  FULMAR_ASSERT(answer.number == number && !answer.frame);
  if (memory.bytes() > 0) answer.memory = std::move(memory);
  auto uncharged = static_cast<std::int64_t>(frame.size()) - answer.memory.bytes();
  if (uncharged > 0) shard_.client_memory().answers.charge_at_once(answer.memory, uncharged);
  answer.times.answered = now();
  if (answer.api) {
    answer.api->durations.add(answer.times.answered - answer.times.received);
    answer.api->request_bytes += answer.request_bytes;
    answer.api->response_bytes += static_cast<std::int64_t>(frame.size());
  }
  answer.frame = std::move(frame);
  answer.request = {};
  answer.delayed = nullptr;
  request_bytes_ -= answer.request_bytes;
  count(answer.slot);
  advance();
}

void ServedConnection::advance() {
  if (closed_) return;
  while (!answers_.empty()) {
    auto& next = answers_.front();
    if (!next.frame) {
      // A response that takes memory is made only when it can be written.
      if (next.delayed && !std::exchange(next.attempted, true)) attempt_soon(next.number);
      break;
    }
    if (next.times.write_begun == Instant{}) next.times.write_begun = now();
    if (next.written < next.frame->size()) {
      auto written = connection_->write_some(*next.frame, next.written);
      if (!written) return end(written.error());
      next.written += *written;
      if (next.written < next.frame->size()) {
        if (!write_until_) write_begun_ = now();
        auto taken = static_cast<std::int64_t>(next.written);
        write_until_ = write_begun_ + answer_grace + milliseconds(taken * 1000 / answer_bytes_per_second_min);
        contended_at_ = *write_until_ - answer_grace + answer_grace_contended;
        set_alarm();
        connection_->when_writable(&writable_);
        break;
      }
    }
    write_until_.reset();
    active_at_ = now();
    log_if_slow(shard_, *session_, next.name, next.times, active_at_, next.request_bytes,
                static_cast<std::int64_t>(next.frame->size()));
    answers_.erase(answers_.begin());
  }
  FULMAR_ASSERT(request_bytes_ == 0 || !answers_.empty());
  if (answers_.empty() && input_ended_ && !refusal_) return close();
  if (held_back_ && may_begin()) {
    held_back_ = false;
    serve_soon();
  }
}

// The alarm may ring too early; then it is set again.
void ServedConnection::set_alarm() {
  auto at = Instant::max();
  if (write_until_) at = std::min(*write_until_, contended_at_);
  if (read_until_) at = std::min(at, *read_until_);
  if (held_until_) at = std::min(at, *held_until_);
  if (refusal_) at = std::min(at, refusal_->at);
  if (at == Instant::max()) return;
  if (!alarm_.is_set() || alarm_.at() > at) alarm_.set(at);
}

void ServedConnection::alarm_rings() {
  if (closed_) return;
  auto at = now();
  if (held_until_ && at >= *held_until_) {
    held_until_.reset();
    serve_soon();
  }
  if (refusal_ && at >= refusal_->at) return all_.run([self = shared_from_this()] { self->tell_refusal(); });
  bool silent = read_until_ && at >= *read_until_;
  // A client that waits for our response is not idle.
  if (silent && !frames_.deadline() && at < active_at_ + idle_max() && !is_late(at)) {
    read_until_ = active_at_ + idle_max();
    silent = false;
  }
  bool deaf = write_until_ && at >= *write_until_;
  if (write_until_ && at >= contended_at_) {
    deaf |= shard_.client_memory().answers.is_waited_for();
    contended_at_ = at + contention_check_interval;
  }
  if (!silent && !deaf) return set_alarm();
  all_.run([self = shared_from_this(), silent] {
    self->end({Errc::timed_out, silent ? "nothing came in time" : "the peer takes no answers"});
  });
}

void ServedConnection::end(const Error& why) {
  if (closed_) return;
  bool ordinary = why.code == Errc::closed || why.code == Errc::reset || why.code == Errc::timed_out;
  shard_.strangers_log().log(
      ordinary ? LogLevel::debug : LogLevel::warn, "connection closed",
      {{"peer", to_string(session_->peer)}, {"client", session_->software()}, {"reason", to_string(why)}});
  connection_->abort();
  close();
}

void ServedConnection::close() {
  if (std::exchange(closed_, true)) return;
  auto self = shared_from_this();
  connection_->when_readable(nullptr);
  connection_->when_writable(nullptr);
  room_.stop_waiting();
  alarm_.cancel();
  for (auto& answer : answers_)
    if (answer.delayed) answer.delayed->again = nullptr;
  answers_ = std::vector<Answer>();
  for (auto slot : answered_to_stranger_) session_->answered->add(slot);
  connection_.reset();
  all_.closed(*this);
}

}  // namespace fulmar
