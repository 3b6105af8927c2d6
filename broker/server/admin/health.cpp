#include "broker/server/admin/health.h"

#include "runtime/http/server.h"

namespace fulmar {

std::vector<HealthReason> reasons_against_readiness(const ReadinessFacts& facts) {
  switch (facts.phase) {
    case BrokerPhase::starting: return {{"starting", "The broker starts."}};
    case BrokerPhase::joining: return {{"joining", "The broker is not registered with its cluster yet."}};
    case BrokerPhase::stopping: return {{"stopping", "The broker stops."}};
    case BrokerPhase::serving: break;
  }
  std::vector<HealthReason> reasons;
  if (!facts.controller_known)
    reasons.push_back({"no_controller", "No controller is known: there is no quorum, or this broker is cut off."});
  if (!facts.metadata_current)
    reasons.push_back({"metadata_behind", "The broker does not have the cluster's latest metadata."});
  if (facts.fenced) reasons.push_back({"fenced", "The controller has fenced the broker, as it did not hear of it."});
  if (facts.partitions_opening > 0)
    reasons.push_back({"recovering", std::to_string(facts.partitions_opening) + " partitions are not open yet."});
  return reasons;
}

std::vector<HealthReason> reasons_against_liveness(const std::vector<ShardWatch::Silent>& silent) {
  std::vector<HealthReason> reasons;
  for (const auto& [shard, since] : silent)
    reasons.push_back({"shard_stuck", "Shard " + std::to_string(shard) + " has done nothing for " +
                                          std::to_string(since / milliseconds(1)) + " ms."});
  return reasons;
}

HttpResponse health_response(const char* good, const char* bad, const std::vector<HealthReason>& reasons) {
  std::string body = std::string("{\"status\": \"") + (reasons.empty() ? good : bad) + "\", \"reasons\": [";
  for (const auto& [code, detail] : reasons) {
    if (body.back() == '}') body += ", ";
    body += "{\"code\": " + http_json_string(code) + ", \"detail\": " + http_json_string(detail) + "}";
  }
  return {.status = reasons.empty() ? 200 : 503, .body = body + "]}\n"};
}

}  // namespace fulmar
