// ClientConnection: a client's connection to one broker: requests are pipelined, and answers matched to them.
//
// After an error of call() it is unknown whether the broker acted on the request, except for Errc::unsupported, which
// is detected before anything is sent. After any error but timed_out the connection is broken() for good.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "broker/protocol/message.h"
#include "broker/protocol/reader.h"
#include "runtime/fiber/condition.h"
#include "runtime/fiber/future.h"
#include "runtime/fiber/group.h"
#include "runtime/fiber/mutex.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"

namespace fulmar {

class ClientConnection {
 public:
  static constexpr std::int32_t answer_bytes_max = 128 * 1024 * 1024;

  // Connects and asks for the broker's versions. Errors: as Network::connect and Connection::read; corrupt.
  static Result<std::unique_ptr<ClientConnection>> open(Host& host, const SocketAddress& to, std::string client_id,
                                                        Deadline deadline);
  // The same on a connection that is there.
  static Result<std::unique_ptr<ClientConnection>> open(Host& host, std::unique_ptr<Connection> connection,
                                                        std::string client_id, Deadline deadline);
  ~ClientConnection();

  // Sends and waits for the answer, in the highest version both sides have, or `version_max` if that is lower. Fibers
  // may call at once. Errors: timed_out, reset, closed, unsupported; corrupt, for an answer that can't be read.
  template <class Response, class Request>
  Result<Response> call(const Request& request, Deadline deadline, std::int16_t version_max = 32767) {
    return call<Response>(request, deadline, version_max, false);
  }
  // Sends a request that has no answer (a produce with acks=0).
  template <class Request>
  Result<void> send(const Request& request, Deadline deadline, std::int16_t version_max = 32767) {
    FULMAR_TRY(auto version, choose_version(Request::key, version_max));
    return write(request_frame(request, version, next_correlation_id_++, client_id_), deadline);
  }

  // While one lives, only its own calls are sent, and all others wait: between the requests of an authentication there
  // may be none. One at a time.
  class Alone {
   public:
    explicit Alone(ClientConnection& connection);
    ~Alone();
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;

    template <class Response, class Request>
    Result<Response> call(const Request& request, Deadline deadline) {
      return connection_.call<Response>(request, deadline, 32767, true);
    }

   private:
    ClientConnection& connection_;
  };

  // Closes it for all users: their calls end with an error.
  void abort();
  bool broken() const { return broken_; }
  // Whether a response arrived that belongs to no request or to another one, which a broker must never send.
  bool saw_wrong_answer() const { return wrong_answer_; }
  Result<std::int16_t> choose_version(ApiKey api, std::int16_t version_max) const;

 private:
  struct Waiting {
    ApiKey api;
    std::int16_t version;
    std::int32_t correlation_id;
    Promise<Bytes> promise;
  };

  ClientConnection(Host& host, std::unique_ptr<Connection> connection, std::string client_id);

  template <class Response, class Request>
  Result<Response> call(const Request& request, Deadline deadline, std::int16_t version_max, bool alone) {
    FULMAR_TRY(auto version, choose_version(Request::key, version_max));
    auto id = next_correlation_id_++;
    FULMAR_TRY(auto body,
               exchange(request_frame(request, version, id, client_id_), Request::key, version, id, deadline, alone));
    return decode_answer<Response>(std::move(body), version);
  }
  template <class Response>
  Result<Response> decode_answer(Bytes body, std::int16_t version) {
    Reader reader(std::move(body));
    auto response = decode<Response>(reader, version);
    if (!response) abort();
    return response;
  }
  Result<void> learn_versions(Deadline deadline);
  Result<LockGuard> begin_writing(bool alone, Deadline deadline);
  Result<Bytes> exchange(ByteChain frame, ApiKey api, std::int16_t version, std::int32_t id, Deadline deadline,
                         bool alone = false);
  Result<void> write(const ByteChain& frame, Deadline deadline);
  Result<void> read_answers();

  Host& host_;
  std::unique_ptr<Connection> connection_;
  std::string client_id_;
  std::int32_t next_correlation_id_ = 1;
  struct Served {
    std::int16_t key, min, max;
  };
  std::vector<Served> served_;
  std::deque<Waiting> waiting_;  // in the order of sending, which is the order of answers
  bool broken_ = false;
  bool wrong_answer_ = false;
  std::string told_by_tls_;  // why a peer ended it, in TLS's words; empty: it did not say
  Mutex writing_;
  bool alone_ = false;   // there is an Alone
  Condition not_alone_;  // or broken
  FiberGroup fibers_;
};

}  // namespace fulmar
