#include "broker/cli/cluster_command.h"

#include "broker/cli/client_command.h"
#include "broker/cli/clients_command.h"
#include "broker/cli/config_command.h"
#include "broker/cli/controllers_command.h"
#include "broker/cli/decommission_command.h"
#include "broker/cli/elect_leaders_command.h"
#include "broker/cli/features_command.h"
#include "broker/cli/reassign_command.h"
#include "broker/cli/status_command.h"

namespace fulmar {

int cluster_command(const std::vector<std::string>& arguments) {
  return run_subcommand(
      "cluster",
      {{"status", "status [--wait SECONDS]", status_command},
       {"config", "config [--broker BROKER] [--set NAME=VALUE]... [--unset NAME]...", cluster_config_command},
       {"log-levels", "log-levels --broker BROKER [--set COMPONENT=LEVEL]... [--unset COMPONENT]...",
        cluster_log_levels_command},
       {"reassign", "reassign TOPIC[:PARTITION]... --to BROKER,...|--cancel|--list [--no-wait]", reassign_command},
       {"elect-leaders", "elect-leaders [TOPIC[:PARTITION]]...", elect_leaders_command},
       {"clients", "clients [--broker BROKER]", clients_command},
       {"controllers", "controllers [add|remove BROKER]", controllers_command},
       {"features", "features [--upgrade NAME=LEVEL]... [--downgrade NAME=LEVEL]...", features_command},
       {"decommission", "decommission BROKER [--no-wait]", decommission_command}},
      arguments);
}

}  // namespace fulmar
