// LogContext: what the logs of a shard share: the world, and how many syncs run at once.
#pragma once

#include "broker/log/log_config.h"
#include "runtime/fiber/semaphore.h"
#include "runtime/host/host.h"

namespace fulmar {

struct LogContext {
  LogContext(Host& h, LogLimits l) : host(h), limits(l), syncs(l.syncs_at_once_max) {}

  Host& host;
  LogLimits limits;
  Semaphore syncs;
};

}  // namespace fulmar
