#include "broker/protocol/messages/describe_configs.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, DescribeConfigsRequest::Resource& m) {
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
  f("configuration_keys", m.configuration_keys);
}

template <class F>
void describe(F& f, DescribeConfigsRequest& m) {
  f("resources", m.resources);
  f("include_synonyms", m.include_synonyms, {.since = 1});
  f("include_documentation", m.include_documentation, {.since = 3});
}

template <class F>
void describe(F& f, DescribeConfigsResponse::Result::Config::Synonym& m) {
  f("name", m.name);
  f("value", m.value);
  f("source", m.source);
}

template <class F>
void describe(F& f, DescribeConfigsResponse::Result::Config& m) {
  f("name", m.name);
  f("value", m.value);
  f("read_only", m.read_only);
  f("is_default", m.is_default, {.until = 0});
  f("config_source", m.config_source, {.since = 1});
  f("is_sensitive", m.is_sensitive);
  f("synonyms", m.synonyms, {.since = 1});
  f("config_type", m.config_type, {.since = 3});
  f("documentation", m.documentation, {.since = 3});
}

template <class F>
void describe(F& f, DescribeConfigsResponse::Result& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
  f("configs", m.configs);
}

template <class F>
void describe(F& f, DescribeConfigsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("results", m.results);
}

FULMAR_DEFINE_MESSAGE(DescribeConfigsRequest);
FULMAR_DEFINE_MESSAGE(DescribeConfigsResponse);

}  // namespace fulmar
