#include "broker/protocol/messages/peer.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, PeerVersions& m) {
  f("min", m.min);
  f("max", m.max);
}

template <class F>
void describe(F& f, PeerHelloRequest& m) {
  f("cluster_id", m.cluster_id);
  f("broker_id", m.broker_id);
  f("directory_id", m.directory_id);
  f("nonce", m.nonce);
  f("versions", m.versions, {.since = greeting_version});
}

template <class F>
void describe(F& f, PeerReplica& m) {
  f("broker_id", m.broker_id);
  f("directory_id", m.directory_id);
}

template <class F>
void describe(F& f, PeerHelloResponse& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message);
  f("cluster_id", m.cluster_id);
  f("broker_id", m.broker_id);
  f("directory_id", m.directory_id);
  f("first_voters", m.first_voters);
  f("controller_id", m.controller_id);
  f("nonce", m.nonce);
  f("proof", m.proof);
  f("clock", m.clock);
  f("versions", m.versions, {.since = greeting_version});
}

template <class F>
void describe(F& f, PeerProofRequest& m) {
  f("proof", m.proof);
}

template <class F>
void describe(F& f, RaftMessagesRequest::Group& m) {
  f("topic_id", m.topic_id);
  f("partition", m.partition);
  f("term", m.term);
}

template <class F>
void describe(F& f, RaftMessagesRequest::Mark& m) {
  f("term", m.term);
  f("version", m.version);
}

template <class F>
void describe(F& f, RaftMessagesRequest::Configuration& m) {
  f("mark", m.mark);
  f("voters", m.voters);
  f("next_voters", m.next_voters);
  f("learners", m.learners);
}

template <class F>
void describe(F& f, RaftMessagesRequest::Epoch& m) {
  f("epoch", m.epoch);
  f("start_offset", m.start_offset);
}

template <class F>
void describe(F& f, RaftMessagesRequest::VoteRequest& m) {
  f("group", m.group);
  f("log_end", m.log_end);
  f("log_term", m.log_term);
  f("pre_vote", m.pre_vote);
  f("transfer", m.transfer);
  f("configuration", m.configuration);
}

template <class F>
void describe(F& f, RaftMessagesRequest::VoteReply& m) {
  f("group", m.group);
  f("pre_vote", m.pre_vote);
  f("granted", m.granted);
  f("log_start", m.log_start);
  f("configuration", m.configuration);
}

template <class F>
void describe(F& f, RaftMessagesRequest::Append& m) {
  f("group", m.group);
  f("prev_offset", m.prev_offset);
  f("prev_epoch", m.prev_epoch);
  f("epochs", m.epochs);
  f("end", m.end);
  f("commit", m.commit);
  f("log_start", m.log_start);
  f("log_end", m.log_end);
  f("term_start", m.term_start);
  f("sent_at", m.sent_at);
  f("configuration", m.configuration);
  f("tombstone_bound", m.tombstone_bound);
  f("records", m.records);
}

template <class F>
void describe(F& f, RaftMessagesRequest::AppendReply& m) {
  f("group", m.group);
  f("verdict", m.verdict);
  f("match", m.match);
  f("prev_offset", m.prev_offset);
  f("hint", m.hint);
  f("log_end", m.log_end);
  f("damage", m.damage);
  f("sent_at", m.sent_at);
  f("log_start", m.log_start);
  f("log_term", m.log_term);
  f("configuration", m.configuration);
  f("cleaned_to", m.cleaned_to);
  f("tombstone_bound", m.tombstone_bound);
}

template <class F>
void describe(F& f, RaftMessagesRequest::Heartbeat& m) {
  f("group", m.group);
  f("commit", m.commit);
  f("log_start", m.log_start);
  f("healed", m.healed);
  f("sent_at", m.sent_at);
  f("quiesce", m.quiesce);
  f("configuration", m.configuration);
  f("tombstone_bound", m.tombstone_bound);
  f("tombstones_removable", m.tombstones_removable);
}

template <class F>
void describe(F& f, RaftMessagesRequest::HeartbeatReply& m) {
  f("group", m.group);
  f("match", m.match);
  f("damage", m.damage);
  f("sent_at", m.sent_at);
  f("quiesced", m.quiesced);
  f("log_start", m.log_start);
  f("log_term", m.log_term);
  f("configuration", m.configuration);
  f("cleaned_to", m.cleaned_to);
  f("tombstone_bound", m.tombstone_bound);
}

template <class F>
void describe(F& f, RaftMessagesRequest::TimeoutNow& m) {
  f("group", m.group);
  f("commit", m.commit);
}

template <class F>
void describe(F& f, RaftMessagesRequest::StartOver& m) {
  f("group", m.group);
  f("offset", m.offset);
  f("epoch", m.epoch);
  f("configuration", m.configuration);
  f("commit", m.commit);
  f("sent_at", m.sent_at);
  f("term_start", m.term_start);
  f("tombstone_bound", m.tombstone_bound);
}

template <class F>
void describe(F& f, RaftMessagesRequest& m) {
  f("from_directory_id", m.from_directory_id);
  f("to_directory_id", m.to_directory_id);
  f("from_shard", m.from_shard);
  f("vote_requests", m.vote_requests);
  f("vote_replies", m.vote_replies);
  f("appends", m.appends);
  f("append_replies", m.append_replies);
  f("heartbeats", m.heartbeats);
  f("heartbeat_replies", m.heartbeat_replies);
  f("timeouts", m.timeouts);
  f("starts_over", m.starts_over);
}

template <class F>
void describe(F& f, PulsesRequest::Epoch& m) {
  f("shard", m.shard);
  f("number", m.number);
}

template <class F>
void describe(F& f, PulsesRequest::Pulse& m) {
  f("epoch", m.epoch);
  f("sent_at", m.sent_at);
}

template <class F>
void describe(F& f, PulsesRequest::Answer& m) {
  f("asked", m.asked);
  f("epoch", m.epoch);
  f("sent_at", m.sent_at);
}

template <class F>
void describe(F& f, PulsesRequest& m) {
  f("from_directory_id", m.from_directory_id);
  f("to_directory_id", m.to_directory_id);
  f("shard", m.shard);
  f("leads", m.leads);
  f("as_of", m.as_of);
  f("pulses", m.pulses);
  f("answers", m.answers);
}

template <class F>
void describe(F& f, PulsesResponse& m) {
  f("clock", m.clock);
}

template <class F>
void describe(F& f, LeadersRequest::Leader& m) {
  f("topic_id", m.topic_id);
  f("partition", m.partition);
  f("broker_id", m.broker_id);
  f("epoch", m.epoch);
  f("in_sync", m.in_sync);
  f("voters", m.voters);
  f("configuration_term", m.configuration_term);
  f("configuration_version", m.configuration_version);
}

template <class F>
void describe(F& f, LeadersRequest& m) {
  f("shard", m.shard);
  f("whole", m.whole);
  f("as_of", m.as_of);
  f("leaders", m.leaders);
}

template <class F>
void describe(F& f, RegisterBrokerRequest::Feature& m) {
  f("name", m.name);
  f("min", m.min);
  f("max", m.max);
}

template <class F>
void describe(F& f, RegisterBrokerRequest::Listener& m) {
  f("name", m.name);
  f("protocol", m.protocol);
  f("host", m.host);
  f("port", m.port);
}

template <class F>
void describe(F& f, RegisterBrokerRequest& m) {
  f("broker_id", m.broker_id);
  f("directory_id", m.directory_id);
  f("incarnation_id", m.incarnation_id);
  f("host", m.host);
  f("port", m.port);
  f("internal_host", m.internal_host);
  f("internal_port", m.internal_port);
  f("rack", m.rack);
  f("features", m.features);
  f.tagged(0, "listeners", m.listeners);
}

template <class F>
void describe(F& f, RegisterBrokerResponse& m) {
  f("error_code", m.error_code);
  f("metadata_offset", m.metadata_offset);
  f("error_message", m.error_message);
}

template <class F>
void describe(F& f, BrokerHeartbeatRequest& m) {
  f("broker_id", m.broker_id);
  f("directory_id", m.directory_id);
  f("incarnation_id", m.incarnation_id);
  f("want_shut_down", m.want_shut_down);
  f("want_fence", m.want_fence);
}

template <class F>
void describe(F& f, BrokerHeartbeatResponse& m) {
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, PreferLeadersRequest::Group& m) {
  f("topic_id", m.topic_id);
  f("partition", m.partition);
}

template <class F>
void describe(F& f, PreferLeadersRequest& m) {
  f("groups", m.groups);
}

template <class F>
void describe(F& f, PreferLeadersResponse::Result& m) {
  f("error_code", m.error_code);
}

template <class F>
void describe(F& f, PreferLeadersResponse& m) {
  f("results", m.results);
}

template <class F>
void describe(F& f, FetchMetadataSnapshotRequest& m) {
  f("offset", m.offset);
  f("position", m.position);
}

template <class F>
void describe(F& f, FetchMetadataSnapshotResponse& m) {
  f("error_code", m.error_code);
  f("offset", m.offset);
  f("size", m.size);
  f("part", m.part);
}

template <class F>
void describe(F& f, ForwardRequest::Client& m) {
  f("principal_type", m.principal_type);
  f("principal_name", m.principal_name);
  f("host", m.host);
  f("listener", m.listener);
}

template <class F>
void describe(F& f, ForwardRequest& m) {
  f("frame", m.frame);
  f.tagged(0, "client", m.client);
}

template <class F>
void describe(F& f, ForwardResponse& m) {
  f("error_code", m.error_code);
  f("metadata_offset", m.metadata_offset);
  f("frame", m.frame);
}

FULMAR_DEFINE_MESSAGE(LeadersRequest);
FULMAR_DEFINE_MESSAGE(RegisterBrokerRequest);
FULMAR_DEFINE_MESSAGE(RegisterBrokerResponse);
FULMAR_DEFINE_MESSAGE(BrokerHeartbeatRequest);
FULMAR_DEFINE_MESSAGE(BrokerHeartbeatResponse);
FULMAR_DEFINE_MESSAGE(PreferLeadersRequest);
FULMAR_DEFINE_MESSAGE(PreferLeadersResponse);
FULMAR_DEFINE_MESSAGE(FetchMetadataSnapshotRequest);
FULMAR_DEFINE_MESSAGE(FetchMetadataSnapshotResponse);
FULMAR_DEFINE_MESSAGE(ForwardRequest);
FULMAR_DEFINE_MESSAGE(ForwardResponse);
FULMAR_DEFINE_MESSAGE(PeerHelloRequest);
FULMAR_DEFINE_MESSAGE(PeerHelloResponse);
FULMAR_DEFINE_MESSAGE(PeerProofRequest);
FULMAR_DEFINE_MESSAGE(RaftMessagesRequest);
FULMAR_DEFINE_MESSAGE(PulsesRequest);
FULMAR_DEFINE_MESSAGE(PulsesResponse);

}  // namespace fulmar
