// A campaign: many seeds of a scenario, with progress while it runs and a summary at its end.
#pragma once

#include <string>
#include <string_view>

#include "campaign/worker.h"

namespace fulmar {

struct CampaignOptions {
  std::string_view program;  // whose command line plays a life again
  CampaignLimits limits;
  std::string report;  // the SQLite file to keep results in; empty: none
  std::string junit;   // the JUnit XML file to write; empty: none
  int shown_max = 3;   // how many violations are printed in full
};

// Exit codes: 0 all lives were clean, 1 a violation was found, 2 a report can't be written, so that no life was played,
// 4 a report could not be written any more, 128 and the signal: interrupted, and clean until then.
int run_campaign(const Scenario& scenario, const CampaignOptions& options);

// The violation as people want to read it, with the line that replays it.
std::string describe_violations(const Scenario& scenario, const Plan& plan, const SeedResult& result,
                                const std::string& replay);
// ", 12 reads, 34 sends"; empty if there are none.
std::string describe_operations(const std::map<std::string, std::uint64_t>& operations);
// The command that plays the plan again; `plan_file`: where it is kept, if not to be had by its seed.
std::string replay_command(std::string_view program, const Plan& plan, const std::string& plan_file);

}  // namespace fulmar
