// TlsConnection: a connection whose bytes are encrypted over another one. No socket and no thread of its own: OpenSSL
// reads and writes memory, and the bytes move by the transport's calls, so it serves fibers and objects without a
// fiber, in the real world and in the simulated one.
//
// First comes handshake(); until it has returned well, the other calls fail. The end of the transport without the
// peer's close_notify is an error, `reset`: a stream that somebody cut must not look like one that ended. As
// Connection, but a notification of readiness may come although a read would still wait: only a part of a record came.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "broker/security/tls/tls_context.h"
#include "runtime/fiber/condition.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"

struct ssl_st;

namespace fulmar {

class TlsConnection final : public Connection {
 public:
  static constexpr std::size_t handshake_bytes_max = 128 * 1024;  // that a peer may send before it is through

  // `server_name`: for a client, what its user calls the server; empty for a server.
  TlsConnection(Host& host, std::shared_ptr<const TlsContext> context, std::unique_ptr<Connection> transport,
                std::string server_name = {});
  ~TlsConnection() override;
  TlsConnection(const TlsConnection&) = delete;
  TlsConnection& operator=(const TlsConnection&) = delete;

  // Agrees on keys and checks certificates, by the host's wall clock. One fiber, once. A cancellation point. Errors:
  // timed_out, reset, closed; refused, with the reason: the peer speaks no TLS, has no certificate that is trusted, ...
  Result<void> handshake(Deadline deadline);
  // After a handshake, of a peer that is not wanted: reads on, and drops what comes, until the peer has closed or the
  // deadline. The peer may still be sending, and closing while there are unread bytes would take back the alert that
  // says why (RFC 1122, 4.2.2.13). The fiber of handshake(). A cancellation point.
  void let_peer_hear_why(Deadline deadline);
  // The name of the peer's certificate as Java prints it; nullopt: it has none. After the handshake.
  std::optional<std::string> peer_name() const;
  bool heard() const { return taken_ > 0; }  // anything has come from the peer, be it nonsense
  bool resumed() const;                      // the session is an earlier connection's
  std::string protocol() const;              // "TLSv1.3"
  // The proof over all of this handshake that its client sent: two handshakes that differ in one byte have other ones.
  std::string finished() const;

  Result<std::size_t> read(std::span<char> into, Deadline deadline) override;
  Result<void> write(const ByteChain& data, Deadline deadline) override;
  // After it returned fewer bytes than there are, the next call has to go on with the same ones.
  Result<std::size_t> write_some(const ByteChain& data, std::size_t from) override;
  void when_readable(ReadinessListener* listener) override;
  void when_writable(ReadinessListener* listener) override;
  void shutdown_write() override;
  void abort() override;
  const SocketAddress& peer() const override { return transport_->peer(); }
  const SocketAddress& local() const override { return transport_->local(); }

 private:
  // What the transport's readiness wakes: fibers in read(), write() and handshake(), and the user's listener.
  struct Signal final : ReadinessListener {
    explicit Signal(TlsConnection& tls) : connection(tls) {}
    void ready() noexcept override;
    TlsConnection& connection;
    bool armed = false;
    ReadinessListener* user = nullptr;
  };

  Result<std::optional<std::size_t>> try_read(std::span<char> into);
  Result<bool> try_handshake();
  Result<bool> take_input();
  Result<bool> give_output();
  Result<void> encrypt(const ByteChain& data, std::size_t from);
  std::unexpected<Error> failed(int outcome);
  Error reason_of(int outcome);
  bool would_read_now();
  void listen(Signal& signal);
  void stop_listening(Signal& signal);
  void wake_all();
  bool wait(Deadline deadline, bool for_input, bool for_output);

  Host& host_;
  const std::shared_ptr<const TlsContext> context_;
  std::unique_ptr<Connection> transport_;
  ssl_st* ssl_;
  Signal input_{*this};
  Signal output_{*this};
  Condition changed_;
  ByteChain unsent_;             // encrypted, but not with the transport yet
  std::size_t unsent_from_ = 0;  // the part of it that is
  std::size_t ahead_ = 0;        // bytes of the user's, within `unsent_`, that write_some() has not returned yet
  std::size_t taken_ = 0;        // bytes read from the transport during the handshake
  bool through_ = false;         // the handshake is done
  std::optional<Error> failure_;
};

}  // namespace fulmar
