#include "broker/protocol/messages/describe_clients.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& /*f*/, DescribeClientsRequest& /*m*/) {}

template <class F>
void describe(F& f, DescribeClientsResponse::Requests& m) {
  f("api_key", m.api_key);
  f("api_version", m.api_version);
  f("count", m.count);
}

template <class F>
void describe(F& f, DescribeClientsResponse::Client& m) {
  f("software_name", m.software_name);
  f("software_version", m.software_version);
  f("requests", m.requests);
}

template <class F>
void describe(F& f, DescribeClientsResponse& m) {
  f("clients", m.clients);
  f("others", m.others);
  f.tagged(0, "error_code", m.error_code);
}

FULMAR_DEFINE_MESSAGE(DescribeClientsRequest);
FULMAR_DEFINE_MESSAGE(DescribeClientsResponse);

}  // namespace fulmar
