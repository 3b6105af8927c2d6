// A campaign: many seeds of a scenario, with progress while it runs and a summary at its end.
#pragma once

#include <string>
#include <string_view>

#include "campaign/worker.h"

namespace fulmar {

struct CampaignOptions {
  std::string_view program;  // the program's name, for the command that replays a life
  std::uint64_t first_seed = 1;
  std::uint64_t last_seed = 1;
  double seconds_max = 0;          // no life begins after that; 0: no limit
  bool stop_at_violation = false;  // no life begins after the first violation
  WorkerLimits limits;
  std::string report;  // the SQLite file for results; empty: none
  std::string junit;   // the JUnit XML file to write; empty: none
  int shown_max = 3;   // the number of violations that are printed in full
};

// Exit codes: 0 no violations; 1 a violation, or a required mark was not reached; 2 a report file can't be written, and
// no life was played; 3 a life that was played twice was not the same; 4 no violation, but the report is incomplete;
// 128 plus the signal: interrupted, with no violation until then.
int run_campaign(const Scenario& scenario, const CampaignOptions& options);

// The violations as text, with the command that replays the life (`replay`).
std::string describe_violations(const Scenario& scenario, const Plan& plan, const Violations& violations,
                                const std::string& replay);
// ", 12 reads, 34 sends"; empty if there are none.
std::string describe_operations(const std::map<std::string, std::uint64_t>& operations);
// The command that replays the plan; `plan_file`: the file that has it, empty if it follows from its seed.
std::string replay_command(std::string_view program, const Plan& plan, const std::string& plan_file);

}  // namespace fulmar
