// Connector: makes a client's connections to brokers, in plain text or with TLS.
#pragma once

#include <memory>
#include <string>

#include "broker/client/client_error.h"
#include "broker/security/tls/tls_context.h"
#include "runtime/host/host.h"
#include "runtime/host/network.h"

namespace fulmar {

class Connector {
 public:
  // `tls`: in force if `encrypts`.
  Connector(Host& host, bool encrypts, TlsSettings tls) : host_(host), encrypts_(encrypts), settings_(std::move(tls)) {}

  // `server_name`: what the user calls the broker. A cancellation point. Errors: as Network::connect, TlsContext::make
  // and TlsConnection::handshake; without a code, so that it is not tried again, if there is no agreement on TLS.
  Answer<std::unique_ptr<Connection>> connect(const SocketAddress& to, const std::string& server_name,
                                              Deadline deadline);

 private:
  Host& host_;
  bool encrypts_;
  TlsSettings settings_;
  std::shared_ptr<const TlsContext> context_;  // null: not needed yet
};

}  // namespace fulmar
