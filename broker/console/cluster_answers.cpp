#include "broker/client/cluster_status.h"
#include "broker/client/config_admin.h"
#include "broker/console/answers.h"
#include "broker/console/json_answer.h"
#include "broker/console/json_values.h"

namespace fulmar {

namespace {

constexpr std::size_t troubles_max = 200;  // partitions; more are counted only

void add_brokers(JsonAnswer& answer, const ClusterStatus& status) {
  answer.begin_list("brokers");
  for (const auto& broker : status.brokers)
    answer.item({{"id", broker.id},
                 {"alive", broker.address.has_value()},
                 {"address", broker.address ? ConsoleJson(to_string(*broker.address)) : ConsoleJson()},
                 {"rack", json_or_null(broker.rack)},
                 {"leads", broker.leads}});
  answer.end_list();
}

void add_controllers(JsonAnswer& answer, const ClusterStatus& status) {
  answer.begin_list("controllers");
  for (const auto& controller : status.controllers)
    answer.item({{"id", controller.id},
                 {"role", controller.role},
                 {"log_end", json_or_null(controller.log_end)},
                 {"lag", json_or_null(controller.lag)},
                 {"heard_ms_ago", json_or_null(controller.heard_ms_ago)},
                 {"caught_up_ms_ago", json_or_null(controller.caught_up_ms_ago)}});
  answer.end_list();
}

void add_troubles(JsonAnswer& answer, const ClusterStatus& status) {
  std::size_t shown = 0;
  answer.begin_list("troubles");
  // The worst first.
  for (auto worst : {PartitionTrouble::offline, PartitionTrouble::under_min_isr, PartitionTrouble::under_replicated})
    for (const auto& [name, state, trouble] : status.troubles)
      if (trouble == worst && shown < troubles_max)
        shown += answer.item({{"topic", name.first},
                              {"partition", name.second},
                              {"leader", leader_or_null(state.leader_id)},
                              {"replicas", state.replica_nodes},
                              {"in_sync", state.isr_nodes},
                              {"trouble", to_string(trouble)}});
  answer.end_list();
  answer.add("troubles_left_out", status.troubles.size() - shown);
}

}  // namespace

Answer<std::string> cluster_answer(const ConsoleWork& work, const ConsoleParameters::None&) {
  FULMAR_TRY(auto status, cluster_status(work.host, work.cluster));
  JsonAnswer answer(work.answer_bytes_max);
  answer.add("cluster", status.metadata.cluster_id.value_or(""));
  answer.add("controller", leader_or_null(status.metadata.controller_id));
  answer.add("topics", status.metadata.topics.size());
  answer.add("partitions", status.counts.partitions);
  answer.add("offline", status.counts.offline);
  answer.add("under_replicated", status.counts.under_replicated);
  answer.add("under_min_isr", status.counts.under_min_isr);
  answer.add("voters_missing", status.voters_missing);
  answer.begin_list("wrong");
  for (const auto& [code, text] : status.concerns()) answer.item({{"code", code}, {"text", text}});
  answer.end_list();
  add_brokers(answer, status);
  add_controllers(answer, status);
  add_troubles(answer, status);
  return answer.finish();
}

Answer<std::string> configs_answer(const ConsoleWork& work, const ConfigsQuery& query) {
  JsonAnswer answer(work.answer_bytes_max);
  answer.add("broker", json_or_null(query.broker));
  if (query.broker) {
    FULMAR_TRY(auto configs, effective_broker_configs(work.cluster, *query.broker));
    add_configs(answer, configs);
    return answer.finish();
  }
  FULMAR_TRY(auto configs, broker_configs(work.cluster, std::nullopt));
  answer.begin_list("configs");
  for (const auto& config : configs)
    answer.item({{"name", config.name}, {"value", config.value}, {"from", config.from}, {"changeable", true}});
  answer.end_list();
  return answer.finish();
}

}  // namespace fulmar
