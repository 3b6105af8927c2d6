#include "broker/protocol/messages/groups.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, DescribeGroupsRequest& m) {
  f("groups", m.groups);
  f("include_authorized_operations", m.include_authorized_operations, {.since = 3});
}

template <class F>
void describe(F& f, DescribeGroupsResponse::Group::Member& m) {
  f("member_id", m.member_id);
  f("group_instance_id", m.group_instance_id, {.since = 4});
  f("client_id", m.client_id);
  f("client_host", m.client_host);
  f("member_metadata", m.member_metadata);
  f("member_assignment", m.member_assignment);
}

template <class F>
void describe(F& f, DescribeGroupsResponse::Group& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message, {.since = 6});
  f("group_id", m.group_id);
  f("group_state", m.group_state);
  f("protocol_type", m.protocol_type);
  f("protocol_data", m.protocol_data);
  f("members", m.members);
  f("authorized_operations", m.authorized_operations, {.since = 3});
}

template <class F>
void describe(F& f, DescribeGroupsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 1});
  f("groups", m.groups);
}

template <class F>
void describe(F& f, ListGroupsRequest& m) {
  f("states_filter", m.states_filter, {.since = 4});
  f("types_filter", m.types_filter, {.since = 5});
}

template <class F>
void describe(F& f, ListGroupsResponse::Group& m) {
  f("group_id", m.group_id);
  f("protocol_type", m.protocol_type);
  f("group_state", m.group_state, {.since = 4});
  f("group_type", m.group_type, {.since = 5});
}

template <class F>
void describe(F& f, ListGroupsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 1});
  f("error_code", m.error_code);
  f("groups", m.groups);
}

template <class F>
void describe(F& f, DeleteGroupsRequest& m) {
  f("groups_names", m.groups_names);
}

template <class F>
void describe(F& f, DeleteGroupsResponse::Result& m) {
  f("group_id", m.group_id);
  f("error_code", m.error_code);
  f("error_message", m.error_message, {.since = 3});
}

template <class F>
void describe(F& f, DeleteGroupsResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("results", m.results);
}

FULMAR_DEFINE_MESSAGE(DescribeGroupsRequest);
FULMAR_DEFINE_MESSAGE(DescribeGroupsResponse);
FULMAR_DEFINE_MESSAGE(ListGroupsRequest);
FULMAR_DEFINE_MESSAGE(ListGroupsResponse);
FULMAR_DEFINE_MESSAGE(DeleteGroupsRequest);
FULMAR_DEFINE_MESSAGE(DeleteGroupsResponse);

}  // namespace fulmar
