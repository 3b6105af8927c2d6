#include "broker/protocol/messages/quorum.h"

#include "broker/protocol/describe.h"

namespace fulmar {

template <class F>
void describe(F& f, DescribeQuorumRequest::Topic::Partition& m) {
  f("index", m.index);
}

template <class F>
void describe(F& f, DescribeQuorumRequest::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, DescribeQuorumRequest& m) {
  f("topics", m.topics);
}

template <class F>
void describe(F& f, DescribeQuorumResponse::Replica& m) {
  f("replica_id", m.replica_id);
  f("directory_id", m.directory_id, {.since = 2});
  f("log_end_offset", m.log_end_offset);
  f("last_fetch_timestamp", m.last_fetch_timestamp, {.since = 1});
  f("last_caught_up_timestamp", m.last_caught_up_timestamp, {.since = 1});
}

template <class F>
void describe(F& f, DescribeQuorumResponse::Topic::Partition& m) {
  f("index", m.index);
  f("error_code", m.error_code);
  f("error_message", m.error_message, {.since = 2});
  f("leader_id", m.leader_id);
  f("leader_epoch", m.leader_epoch);
  f("high_watermark", m.high_watermark);
  f("voters", m.voters);
  f("observers", m.observers);
}

template <class F>
void describe(F& f, DescribeQuorumResponse::Topic& m) {
  f("name", m.name);
  f("partitions", m.partitions);
}

template <class F>
void describe(F& f, DescribeQuorumResponse::Node::Listener& m) {
  f("name", m.name);
  f("host", m.host);
  f("port", m.port);
}

template <class F>
void describe(F& f, DescribeQuorumResponse::Node& m) {
  f("node_id", m.node_id);
  f("listeners", m.listeners);
}

template <class F>
void describe(F& f, DescribeQuorumResponse& m) {
  f("error_code", m.error_code);
  f("error_message", m.error_message, {.since = 2});
  f("topics", m.topics);
  f("nodes", m.nodes, {.since = 2});
}

FULMAR_DEFINE_MESSAGE(DescribeQuorumRequest);
FULMAR_DEFINE_MESSAGE(DescribeQuorumResponse);

}  // namespace fulmar
