#include "broker/security/tls/tls_connection.h"

#include <algorithm>
#include <array>

#include "broker/security/openssl_handles.h"
#include "broker/security/tls/distinguished_name.h"
#include "broker/security/tls/tls_entropy.h"
#include "runtime/base/assert.h"
#include "runtime/fiber/slices.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

constexpr std::size_t record_bytes = 16 * 1024;              // the most that one record carries
constexpr std::size_t encrypted_at_once = 4 * record_bytes;  // before it is handed to the transport
constexpr std::size_t unsent_max = 2 * encrypted_at_once;    // behind what the transport does not take
constexpr Duration record_work = microseconds(12);           // to encrypt or decrypt a full one
constexpr Duration flight_work = microseconds(300);  // a signature, a key exchange or a certificate checked, or two

Duration work_of(std::size_t bytes) {
  return nanoseconds(record_work.count() * static_cast<std::int64_t>(bytes) / static_cast<std::int64_t>(record_bytes));
}

// Whether the bytes that a peer began with are no TLS record: they show in OpenSSL's error.
bool says_no_tls(unsigned long code) {
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_RECORD_LENGTH_MISMATCH:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_BAD_RECORD_TYPE: return true;
    default: return false;
  }
}

}  // namespace

TlsConnection::TlsConnection(Host& host, std::shared_ptr<const TlsContext> context,
                             std::unique_ptr<Connection> transport, std::string server_name)
    : host_(host), context_(std::move(context)), transport_(std::move(transport)) {
  TlsEntropy drawing(host_.entropy());
  ssl_ = SSL_new(context_->handle());
  auto* from_peer = BIO_new(BIO_s_mem());
  auto* to_peer = BIO_new(BIO_s_mem());
  FULMAR_ASSERT(ssl_ && from_peer && to_peer);
  BIO_set_mem_eof_return(from_peer, -1);  // empty means: none yet
  SSL_set_bio(ssl_, from_peer, to_peer);
  auto* checks = SSL_get0_param(ssl_);
  X509_VERIFY_PARAM_set_time(checks, static_cast<time_t>(host_.clock().wall_ms() / 1000));
  if (context_->end() == TlsEnd::server) {
    SSL_set_accept_state(ssl_);
    return;
  }
  SSL_set_connect_state(ssl_);
  bool numeric = is_numeric({server_name, 0});
  if (!numeric) SSL_set_tlsext_host_name(ssl_, server_name.c_str());
  if (!context_->checks_server_name()) return;
  bool set = numeric ? X509_VERIFY_PARAM_set1_ip_asc(checks, server_name.c_str()) == 1
                     : X509_VERIFY_PARAM_set1_host(checks, server_name.c_str(), server_name.size()) == 1;
  if (!set) failure_ = Error{Errc::invalid_argument, "\"" + server_name + "\" can't be in a certificate"};
}

TlsConnection::~TlsConnection() {
  transport_->when_readable(nullptr);
  transport_->when_writable(nullptr);
  SSL_free(ssl_);
}

void TlsConnection::Signal::ready() noexcept {
  armed = false;
  connection.changed_.notify_all();
  if (auto* listener = std::exchange(user, nullptr)) listener->ready();
}

void TlsConnection::listen(Signal& signal) {
  if (std::exchange(signal.armed, true)) return;
  &signal == &input_ ? transport_->when_readable(&input_) : transport_->when_writable(&output_);
}

// While a notification is asked for, nobody may read (write).
void TlsConnection::stop_listening(Signal& signal) {
  if (!std::exchange(signal.armed, false)) return;
  &signal == &input_ ? transport_->when_readable(nullptr) : transport_->when_writable(nullptr);
}

void TlsConnection::wake_all() {
  changed_.notify_all();
  if (auto* listener = std::exchange(input_.user, nullptr)) listener->ready();
  if (auto* listener = std::exchange(output_.user, nullptr)) listener->ready();
}

// False: the deadline passed first.
bool TlsConnection::wait(Deadline deadline, bool for_input, bool for_output) {
  if (for_input) listen(input_);
  if (for_output) listen(output_);
  auto waits = [&] { return !failure_ && (!for_input || input_.armed) && (!for_output || output_.armed); };
  return changed_.wait([&] { return !waits(); }, deadline) == WaitResult::woken;
}

Error TlsConnection::reason_of(int outcome) {
  auto code = ERR_peek_error();
  bool gone = SSL_get_error(ssl_, outcome) == SSL_ERROR_SYSCALL;
  auto verified = SSL_get_verify_result(ssl_);
  auto reason = openssl_reason();
  if (gone) return {Errc::reset, "the peer is gone"};
  if (through_) return {Errc::reset, "TLS: " + reason};
  if (says_no_tls(code)) return {Errc::refused, "it speaks no TLS, which this connection needs (" + reason + ")"};
  if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK)
    reason += std::string(": ") + X509_verify_cert_error_string(verified);
  return {Errc::refused, "TLS handshake: " + reason};
}

// The connection is of no use any more. What OpenSSL tells the peer of it is sent as far as the transport takes it.
std::unexpected<Error> TlsConnection::failed(int outcome) {
  failure_ = reason_of(outcome);
  auto told = give_output();
  (void)told;  // the reason stays the first one
  wake_all();
  return std::unexpected(*failure_);
}

// Reads what there is, without waiting. False: nothing.
Result<bool> TlsConnection::take_input() {
  stop_listening(input_);
  auto buffer = std::make_unique_for_overwrite<char[]>(record_bytes);
  auto room = record_bytes;
  if (!through_) {
    if (taken_ >= handshake_bytes_max) {
      failure_ = Error{Errc::refused, "TLS handshake: more than " + std::to_string(handshake_bytes_max) + " bytes"};
      return std::unexpected(*failure_);
    }
    room = std::min(room, handshake_bytes_max - taken_);
  }
  auto got = transport_->read({buffer.get(), room}, Deadline{host_.clock().now()});
  if (!got && got.error().code == Errc::timed_out) return false;
  if (got && *got == 0) got = fail(Errc::reset, "the stream was cut: it ended without TLS saying so");
  if (!got) {
    failure_ = got.error();
    return std::unexpected(got.error());
  }
  if (!through_) taken_ += *got;
  BIO_write(SSL_get_rbio(ssl_), buffer.get(), static_cast<int>(*got));
  return true;
}

// Hands over what is encrypted. False: the transport takes no more now.
Result<bool> TlsConnection::give_output() {
  stop_listening(output_);
  for (;;) {
    while (unsent_from_ < unsent_.size()) {
      auto sent = transport_->write_some(unsent_, unsent_from_);
      if (!sent) {
        if (!failure_) failure_ = sent.error();
        return std::unexpected(sent.error());
      }
      if (*sent == 0 && BIO_ctrl_pending(SSL_get_wbio(ssl_)) > unsent_max) {
        failure_ = Error{Errc::reset, "TLS: the peer asks for answers and takes none"};
        return std::unexpected(*failure_);
      }
      if (*sent == 0) return false;
      unsent_from_ += *sent;
    }
    unsent_ = {};
    unsent_from_ = 0;
    auto waiting = BIO_ctrl_pending(SSL_get_wbio(ssl_));
    if (waiting == 0) return true;
    MutableBytes bytes(waiting);
    auto got = BIO_read(SSL_get_wbio(ssl_), bytes.data(), static_cast<int>(waiting));
    FULMAR_ASSERT(got == static_cast<int>(waiting));
    unsent_ = ByteChain(std::move(bytes).freeze());
  }
}

// True: it is done.
Result<bool> TlsConnection::try_handshake() {
  for (;;) {
    if (failure_) return std::unexpected(*failure_);
    int outcome = 0;
    {
      TlsEntropy drawing(host_.entropy());
      ERR_clear_error();
      outcome = SSL_do_handshake(ssl_);
      if (outcome != 1 && SSL_get_error(ssl_, outcome) != SSL_ERROR_WANT_READ) return failed(outcome);
    }
    work_in_slices(flight_work);
    if (failure_) return std::unexpected(*failure_);  // aborted meanwhile
    FULMAR_TRY(auto sent, give_output());
    if (outcome == 1) {
      through_ = sent;
      return sent;
    }
    FULMAR_TRY(auto more, take_input());
    if (!more) return false;
  }
}

Result<void> TlsConnection::handshake(Deadline deadline) {
  for (;;) {
    FULMAR_TRY(auto done, try_handshake());
    if (done) return {};
    bool stuck = unsent_from_ < unsent_.size();
    if (!wait(deadline, !stuck, stuck)) {
      failure_ = Error{Errc::timed_out, "TLS handshake: it took too long"};
      return std::unexpected(*failure_);
    }
  }
}

void TlsConnection::let_peer_hear_why(Deadline deadline) {
  stop_listening(input_);
  shutdown_write();
  std::array<char, 4096> dropped;
  for (std::size_t bytes = 0; bytes < handshake_bytes_max;) {
    auto more = transport_->read(dropped, deadline);
    if (!more || *more == 0) return;
    bytes += *more;
  }
}

std::optional<std::string> TlsConnection::peer_name() const {
  const auto* certificate = SSL_get0_peer_certificate(ssl_);
  if (!certificate) return std::nullopt;
  return distinguished_name(*X509_get_subject_name(certificate));
}

bool TlsConnection::resumed() const {
  return SSL_session_reused(ssl_) == 1;
}

std::string TlsConnection::protocol() const {
  return SSL_get_version(ssl_);
}

std::string TlsConnection::finished() const {
  std::string proof(EVP_MAX_MD_SIZE, '\0');
  bool client = context_->end() == TlsEnd::client;
  auto size = client ? SSL_get_finished(ssl_, proof.data(), proof.size())
                     : SSL_get_peer_finished(ssl_, proof.data(), proof.size());
  proof.resize(size);
  return proof;
}

// Nullopt: nothing has come.
Result<std::optional<std::size_t>> TlsConnection::try_read(std::span<char> into) {
  FULMAR_ASSERT(through_ || failure_);
  for (;;) {
    if (failure_) return std::unexpected(*failure_);
    std::size_t got = 0;
    {
      TlsEntropy drawing(host_.entropy());
      ERR_clear_error();
      auto outcome = SSL_read_ex(ssl_, into.data(), into.size(), &got);
      if (outcome != 1) {
        auto why = SSL_get_error(ssl_, outcome);
        if (why == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
        if (why != SSL_ERROR_WANT_READ) return failed(outcome);
      }
    }
    if (got > 0) {
      declare_work(work_of(got));
      return got;
    }
    // What OpenSSL answers of its own accord, such as that it does not renegotiate, does not wait for a write; who does
    // wait to write sends it as well.
    if (!output_.armed) FULMAR_TRY_VOID(give_output());
    FULMAR_TRY(auto more, take_input());
    if (!more) return std::nullopt;
  }
}

Result<std::size_t> TlsConnection::read(std::span<char> into, Deadline deadline) {
  for (;;) {
    FULMAR_TRY(auto got, try_read(into));
    if (got) return *got;
    if (host_.clock().now() >= deadline.at || !wait(deadline, true, false))
      return fail(Errc::timed_out, "nothing came in time");
  }
}

// A piece of the user's data, from that byte on, becomes records. Not while there are others. It fails where OpenSSL
// has seen what no read has returned yet, such as a broken record.
Result<void> TlsConnection::encrypt(const ByteChain& data, std::size_t from) {
  TlsEntropy drawing(host_.entropy());
  ERR_clear_error();
  for (const auto& part : data.parts()) {
    if (from >= part.size()) {
      from -= part.size();
      continue;
    }
    while (from < part.size() && ahead_ < encrypted_at_once) {
      std::size_t done = 0;
      auto piece = std::min(part.size() - from, record_bytes);
      auto outcome = SSL_write_ex(ssl_, part.data() + from, piece, &done);
      if (outcome != 1) return failed(outcome);
      from += done;
      ahead_ += done;
    }
    if (ahead_ >= encrypted_at_once) break;
    from = 0;
  }
  declare_work(work_of(ahead_));
  return {};
}

Result<std::size_t> TlsConnection::write_some(const ByteChain& data, std::size_t from) {
  FULMAR_ASSERT(through_ || failure_);
  for (std::size_t written = 0;;) {
    if (failure_) return std::unexpected(*failure_);
    FULMAR_TRY(auto sent, give_output());
    if (!sent) return written;
    written += std::exchange(ahead_, 0);
    if (from + written >= data.size()) return written;
    FULMAR_TRY_VOID(encrypt(data, from + written));
  }
}

Result<void> TlsConnection::write(const ByteChain& data, Deadline deadline) {
  for (std::size_t written = 0; written < data.size();) {
    FULMAR_TRY(auto more, write_some(data, written));
    written += more;
    if (written < data.size() && !wait(deadline, false, true)) return fail(Errc::timed_out, "the peer takes nothing");
  }
  return {};
}

// Whether there is decrypted data, an end or an error. Only a look: nothing is taken.
bool TlsConnection::would_read_now() {
  if (failure_ || SSL_pending(ssl_) > 0) return true;
  if (BIO_ctrl_pending(SSL_get_rbio(ssl_)) == 0) return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
  TlsEntropy drawing(host_.entropy());
  ERR_clear_error();
  char first = 0;
  std::size_t got = 0;
  auto outcome = SSL_peek_ex(ssl_, &first, 1, &got);
  if (outcome == 1 || SSL_get_error(ssl_, outcome) != SSL_ERROR_WANT_READ) return true;
  if (output_.armed) return false;
  auto told = give_output();  // as in try_read()
  return !told;
}

void TlsConnection::when_readable(ReadinessListener* listener) {
  input_.user = nullptr;
  if (!listener) return;
  if (would_read_now()) return listener->ready();
  input_.user = listener;
  listen(input_);
}

void TlsConnection::when_writable(ReadinessListener* listener) {
  output_.user = nullptr;
  if (!listener) return;
  if (failure_) return listener->ready();
  output_.user = listener;
  listen(output_);
}

void TlsConnection::shutdown_write() {
  if (failure_ || !through_) return transport_->shutdown_write();
  {
    TlsEntropy drawing(host_.entropy());
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  auto told = give_output();
  (void)told;  // at worst the peer sees a cut stream
  transport_->shutdown_write();
}

void TlsConnection::abort() {
  if (!failure_) failure_ = Error{Errc::closed, "aborted"};
  transport_->abort();
  wake_all();
}

}  // namespace fulmar
