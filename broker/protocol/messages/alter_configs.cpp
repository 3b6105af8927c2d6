#include "broker/protocol/messages/alter_configs.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, AlterConfigsRequest::Resource::Config& m) {
  f("name", m.name);
  f("value", m.value);
}

template <class F>
void describe(F& f, AlterConfigsRequest::Resource& m) {
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
  f("configs", m.configs);
}

template <class F>
void describe(F& f, AlterConfigsRequest& m) {
  f("resources", m.resources);
  f("validate_only", m.validate_only);
}

template <class F>
void describe(F& f, AlterConfigsResponse::Result& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
}

template <class F>
void describe(F& f, AlterConfigsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("responses", m.responses);
}

template <class F>
void describe(F& f, IncrementalAlterConfigsRequest::Resource::Config& m) {
  f("name", m.name);
  f("operation", m.operation);
  f("value", m.value);
}

template <class F>
void describe(F& f, IncrementalAlterConfigsRequest::Resource& m) {
  f("resource_type", m.resource_type);
  f("resource_name", m.resource_name);
  f("configs", m.configs);
}

template <class F>
void describe(F& f, IncrementalAlterConfigsRequest& m) {
  f("resources", m.resources);
  f("validate_only", m.validate_only);
}

template <class F>
void describe(F& f, IncrementalAlterConfigsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("responses", m.responses);
}

template <class F>
void describe(F& f, ListConfigResourcesRequest& m) {
  f("resource_types", m.resource_types, {.since = 1});
}

template <class F>
void describe(F& f, ListConfigResourcesResponse::Resource& m) {
  f("resource_name", m.resource_name);
  f("resource_type", m.resource_type, {.since = 1});
}

template <class F>
void describe(F& f, ListConfigResourcesResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("config_resources", m.config_resources);
}

FULMAR_DEFINE_MESSAGE(AlterConfigsRequest);
FULMAR_DEFINE_MESSAGE(AlterConfigsResponse);
FULMAR_DEFINE_MESSAGE(IncrementalAlterConfigsRequest);
FULMAR_DEFINE_MESSAGE(IncrementalAlterConfigsResponse);
FULMAR_DEFINE_MESSAGE(ListConfigResourcesRequest);
FULMAR_DEFINE_MESSAGE(ListConfigResourcesResponse);

}  // namespace fulmar
