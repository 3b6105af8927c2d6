// DeafObserver: ignores everything; tests override what they observe.
#pragma once

#include "broker/replication/replica_observer.h"

namespace fulmar {

struct DeafObserver : ReplicaObserver {
  void opened(const ReplicaSight&, const std::string&, const EpochCache&) override {}
  void appended(const GroupId&, const ReplicaId&, const BatchHeader&) override {}
  void rewriting(const GroupId&, const ReplicaId&, Offset, Offset, const std::vector<RewrittenBatch>&) override {}
  void truncated(const GroupId&, const ReplicaId&, Offset) override {}
  void started_over(const GroupId&, const ReplicaId&, Offset) override {}
  void commits(const GroupId&, Offset) override {}
  void stepped(const ReplicaSight&) override {}
  void broke(const GroupId&, const ReplicaId&, std::string_view) override {}
  void sends(const GroupId&, const Message&) override {}
  void heard(const GroupId&, const Message&, Epoch) override {}
  void removed(const GroupId&, const ReplicaId&) override {}
};

}  // namespace fulmar
