#include "broker/protocol/messages/acls.h"

#include "broker/protocol/describe.h"

namespace fulmar {

namespace {

template <class F, class M>
void describe_filter(F& f, M& m) {
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
  f("pattern_type", m.pattern_type);
  f("principal", m.principal);
  f("host", m.host);
  f("operation", m.operation);
  f("permission", m.permission);
}

}  // namespace

template <class F>
void describe(F& f, DescribeAclsRequest& m) {
  describe_filter(f, m);
}

template <class F>
void describe(F& f, DescribeAclsResponse::Resource::Acl& m) {
  f("principal", m.principal);
  f("host", m.host);
  f("operation", m.operation);
  f("permission", m.permission);
}

template <class F>
void describe(F& f, DescribeAclsResponse::Resource& m) {
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
  f("pattern_type", m.pattern_type);
  f("acls", m.acls);
}

template <class F>
void describe(F& f, DescribeAclsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("resources", m.resources);
}

template <class F>
void describe(F& f, CreateAclsRequest::Creation& m) {
  describe_filter(f, m);
}

template <class F>
void describe(F& f, CreateAclsRequest& m) {
  f("creations", m.creations);
}

template <class F>
void describe(F& f, CreateAclsResponse::Result& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

template <class F>
void describe(F& f, CreateAclsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("results", m.results);
}

template <class F>
void describe(F& f, DeleteAclsRequest::Filter& m) {
  describe_filter(f, m);
}

template <class F>
void describe(F& f, DeleteAclsRequest& m) {
  f("filters", m.filters);
}

template <class F>
void describe(F& f, DeleteAclsResponse::MatchingAcl& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  describe_filter(f, m);
}

template <class F>
void describe(F& f, DeleteAclsResponse::Result& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("matching_acls", m.matching_acls);
}

template <class F>
void describe(F& f, DeleteAclsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("results", m.results);
}

FULMAR_DEFINE_MESSAGE(DescribeAclsRequest);
FULMAR_DEFINE_MESSAGE(DescribeAclsResponse);
FULMAR_DEFINE_MESSAGE(CreateAclsRequest);
FULMAR_DEFINE_MESSAGE(CreateAclsResponse);
FULMAR_DEFINE_MESSAGE(DeleteAclsRequest);
FULMAR_DEFINE_MESSAGE(DeleteAclsResponse);

}  // namespace fulmar
