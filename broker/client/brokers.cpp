#include "broker/client/brokers.h"

#include <algorithm>

#include "broker/client/authentication.h"
#include "runtime/host/clock.h"

namespace fulmar {

namespace {

// Brokers refuse to authenticate a connection again sooner.
constexpr Duration again_after_min = seconds(1);

}  // namespace

bool BrokerLink::is_open() const {
  return connection_ && !connection_->broken();
}

// A session begins, or goes on.
Answer<void> BrokerLink::begin_session(ClientConnection& connection, Deadline deadline) {
  again_at_ = Instant::max();
  if (!uses_sasl(security_.protocol)) return {};
  if (password_) security_.password = password_();
  auto begun = host_.clock().now();
  FULMAR_TRY(auto session_end, authenticate(host_, connection, security_, *salted_, deadline));
  if (session_end) again_at_ = std::max(begun + (*session_end - begun) / 10 * 8, host_.clock().now() + again_after_min);
  return {};
}

Answer<Brokers::Connection> BrokerLink::open_at(const SocketAddress& address, Deadline deadline) {
  FULMAR_TRY(auto connected, connector_.connect(address, address_.host, deadline));
  FULMAR_TRY(auto opened, ClientConnection::open(host_, std::move(connected), client_id_, deadline));
  FULMAR_TRY_VOID(begin_session(*opened, deadline));
  return Brokers::Connection(std::move(opened));
}

Answer<Brokers::Connection> BrokerLink::open(Deadline deadline) {
  LockGuard one_at_a_time(opening_);
  if (is_open()) {
    if (host_.clock().now() < again_at_ || begin_session(*connection_, deadline)) return connection_;
    connection_->abort();  // nobody is served on it any more
  }
  wrong_answer_ = saw_wrong_answer();
  FULMAR_TRY(auto addresses, host_.network().resolve(address_.host, address_.port, deadline));
  ClientError why(ErrorCode::network_exception, "");
  for (const auto& address : addresses) {
    auto opened = open_at(address, deadline);
    if (opened) {
      connection_ = std::move(*opened);
      return connection_;
    }
    auto before = std::move(why.detail);
    why = ClientError(std::move(opened).error());
    if (!before.empty()) why.detail = before + "; " + why.detail;
  }
  return std::unexpected(std::move(why));
}

}  // namespace fulmar
