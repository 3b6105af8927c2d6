#include "broker/protocol/messages/client_quotas.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, QuotaEntityPart& m) {
  f("entity_type", m.entity_type);
  f("entity_name", m.entity_name);
}

template <class F>
void describe(F& f, DescribeClientQuotasRequest::Component& m) {
  f("entity_type", m.entity_type);
  f("match_type", m.match_type);
  f("match", m.match);
}

template <class F>
void describe(F& f, DescribeClientQuotasRequest& m) {
  f("components", m.components);
  f("strict", m.strict);
}

template <class F>
void describe(F& f, DescribeClientQuotasResponse::Value& m) {
  f("key", m.key);
  f("value", m.value);
}

template <class F>
void describe(F& f, DescribeClientQuotasResponse::Entry& m) {
  f("entity", m.entity);
  f("values", m.values);
}

template <class F>
void describe(F& f, DescribeClientQuotasResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("entries", m.entries);
}

template <class F>
void describe(F& f, AlterClientQuotasRequest::Op& m) {
  f("key", m.key);
  f("value", m.value);
  f("remove", m.remove);
}

template <class F>
void describe(F& f, AlterClientQuotasRequest::Entry& m) {
  f("entity", m.entity);
  f("ops", m.ops);
}

template <class F>
void describe(F& f, AlterClientQuotasRequest& m) {
  f("entries", m.entries);
  f("validate_only", m.validate_only);
}

template <class F>
void describe(F& f, AlterClientQuotasResponse::Entry& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("entity", m.entity);
}

template <class F>
void describe(F& f, AlterClientQuotasResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("entries", m.entries);
}

FULMAR_DEFINE_MESSAGE(DescribeClientQuotasRequest);
FULMAR_DEFINE_MESSAGE(DescribeClientQuotasResponse);
FULMAR_DEFINE_MESSAGE(AlterClientQuotasRequest);
FULMAR_DEFINE_MESSAGE(AlterClientQuotasResponse);

}  // namespace fulmar
