// The HTTP interface of a session of `serve`: what there is, the cluster's status, its faults; triggers, ends and
// pauses faults. JSON. docs/serve.md describes it.
#pragma once

#include "runtime/host/host.h"
#include "runtime/http/message.h"
#include "scenarios/serve/served_faults.h"
#include "scenarios/watched_cluster.h"
#include "sim/world.h"

namespace fulmar {

struct ControlledSession {
  Host& host;
  ServedFaults& faults;
  const WatchedCluster& cluster;
  World& world;
};

// From a fiber of the session's world.
HttpResponse answer_control(const ControlledSession& session, const HttpRequest& request);

}  // namespace fulmar
