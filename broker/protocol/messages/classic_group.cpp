#include "broker/protocol/messages/classic_group.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, JoinGroupRequest::Protocol& m) {
  f("name", m.name);
  f("metadata", m.metadata);
}

template <class F>
void describe(F& f, JoinGroupRequest& m) {
  f("group_id", m.group_id);
  f("session_timeout_ms", m.session_timeout_ms);
  f("rebalance_timeout_ms", m.rebalance_timeout_ms, {.since = 1});
  f("member_id", m.member_id);
  f("group_instance_id", m.group_instance_id, {.since = 5});
  f("protocol_type", m.protocol_type);
  f("protocols", m.protocols);
  f("reason", m.reason, {.since = 8});
}

template <class F>
void describe(F& f, JoinGroupResponse::Member& m) {
  f("member_id", m.member_id);
  f("group_instance_id", m.group_instance_id, {.since = 5});
  f("metadata", m.metadata);
}

template <class F>
void describe(F& f, JoinGroupResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 2});
  f("error_code", m.error_code);
  f("generation_id", m.generation_id);
  f("protocol_type", m.protocol_type, {.since = 7});
  f("protocol_name", m.protocol_name, {.null_since = 7});
  f("leader", m.leader);
  f("skip_assignment", m.skip_assignment, {.since = 9});
  f("member_id", m.member_id);
  f("members", m.members);
}

template <class F>
void describe(F& f, SyncGroupRequest::Assignment& m) {
  f("member_id", m.member_id);
  f("assignment", m.assignment);
}

template <class F>
void describe(F& f, SyncGroupRequest& m) {
  f("group_id", m.group_id);
  f("generation_id", m.generation_id);
  f("member_id", m.member_id);
  f("group_instance_id", m.group_instance_id, {.since = 3});
  f("protocol_type", m.protocol_type, {.since = 5});
  f("protocol_name", m.protocol_name, {.since = 5});
  f("assignments", m.assignments);
}

template <class F>
void describe(F& f, SyncGroupResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 1});
  f("error_code", m.error_code);
  f("protocol_type", m.protocol_type, {.since = 5});
  f("protocol_name", m.protocol_name, {.since = 5});
  f("assignment", m.assignment);
}

template <class F>
void describe(F& f, HeartbeatRequest& m) {
  f("group_id", m.group_id);
  f("generation_id", m.generation_id);
  f("member_id", m.member_id);
  f("group_instance_id", m.group_instance_id, {.since = 3});
}

template <class F>
void describe(F& f, HeartbeatResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 1});
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, LeaveGroupRequest::Member& m) {
  f("member_id", m.member_id);
  f("group_instance_id", m.group_instance_id);
  f("reason", m.reason, {.since = 5});
}

template <class F>
void describe(F& f, LeaveGroupRequest& m) {
  f("group_id", m.group_id);
  f("member_id", m.member_id, {.until = 2});
  f("members", m.members, {.since = 3});
}

template <class F>
void describe(F& f, LeaveGroupResponse::Member& m) {
  f("member_id", m.member_id);
  f("group_instance_id", m.group_instance_id);
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, LeaveGroupResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms, {.since = 1});
  f("error_code", m.error_code);
  f("members", m.members, {.since = 3});
}

FULMAR_DEFINE_MESSAGE(JoinGroupRequest);
FULMAR_DEFINE_MESSAGE(JoinGroupResponse);
FULMAR_DEFINE_MESSAGE(SyncGroupRequest);
FULMAR_DEFINE_MESSAGE(SyncGroupResponse);
FULMAR_DEFINE_MESSAGE(HeartbeatRequest);
FULMAR_DEFINE_MESSAGE(HeartbeatResponse);
FULMAR_DEFINE_MESSAGE(LeaveGroupRequest);
FULMAR_DEFINE_MESSAGE(LeaveGroupResponse);

}  // namespace fulmar
