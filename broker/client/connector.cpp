#include "broker/client/connector.h"

#include "broker/security/tls/tls_connection.h"

namespace fulmar {

Answer<std::unique_ptr<Connection>> Connector::connect(const SocketAddress& to, const std::string& server_name,
                                                       Deadline deadline) {
  FULMAR_TRY(auto connection, host_.network().connect(to, deadline));
  if (!encrypts_) return connection;
  if (!context_) {
    FULMAR_TRY(context_, TlsContext::make(settings_, TlsEnd::client, host_.entropy()));
  }
  auto encrypted = std::make_unique<TlsConnection>(host_, context_, std::move(connection), server_name);
  auto through = encrypted->handshake(deadline);
  if (through) return encrypted;
  auto why = to_string(to) + ": " + through.error().detail;
  if (through.error().code == Errc::refused) return refuse(ErrorCode::none, std::move(why));
  return std::unexpected(Error{through.error().code, std::move(why)});
}

}  // namespace fulmar
