#include "broker/protocol/messages/raft_voters.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, AddRaftVoterRequest::Listener& m) {
  f("name", m.name);
  f("host", m.host);
  f("port", m.port);
}

template <class F>
void describe(F& f, AddRaftVoterRequest& m) {
  f("cluster_id", m.cluster_id);
  f("timeout_ms", m.timeout_ms);
  f("voter_id", m.voter_id);
  f("voter_directory_id", m.voter_directory_id);
  f("listeners", m.listeners);
  f("ack_when_committed", m.ack_when_committed, {.since = 1});
}

template <class F>
void describe(F& f, AddRaftVoterResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

template <class F>
void describe(F& f, RemoveRaftVoterRequest& m) {
  f("cluster_id", m.cluster_id);
  f("voter_id", m.voter_id);
  f("voter_directory_id", m.voter_directory_id);
}

template <class F>
void describe(F& f, RemoveRaftVoterResponse& m) {
  f("throttle_time_ms", m.throttle_time_ms);
  f("error_code", m.error_code);
  f("error_message", m.error_message);
}

FULMAR_DEFINE_MESSAGE(AddRaftVoterRequest);
FULMAR_DEFINE_MESSAGE(AddRaftVoterResponse);
FULMAR_DEFINE_MESSAGE(RemoveRaftVoterRequest);
FULMAR_DEFINE_MESSAGE(RemoveRaftVoterResponse);

}  // namespace fulmar
