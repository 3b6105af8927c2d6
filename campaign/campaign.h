// A campaign: many seeds of one or several scenarios, with progress while it runs and a summary at its end.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "campaign/simulator.h"
#include "campaign/turns.h"

namespace fulmar {

struct CampaignOptions {
  std::vector<const Scenario*> scenarios;
  SeedRange seeds;
  Shard shard;
  PlanChoice choice;
  bool guided = false;               // explorer.h chooses some of the lives
  double seconds_max = 0;            // no life begins after that; 0: no limit
  bool until_first_failure = false;  // no life begins after the first that fails
  WorkerLimits limits;
  bool marks = false;                       // prints how often each mark was reached
  std::vector<std::string> required_marks;  // of the code: each has to be reached by some life
  std::string report;                       // the SQLite file that the results are added to; empty: none
  bool resume = false;         // goes on with the report's last campaign, which says the scenarios, seeds, and so on
  std::string junit;           // the JUnit XML file to write; empty: none
  std::string github_summary;  // the Markdown file that a summary is added to; empty: none
  std::map<std::string, std::string> own_reports;  // files, by their options; empty: none
  std::string capsules;                            // the folder that gets a capsule of each finding; empty: none
};

// Exit codes: 0 no violations; 1 a violation, or a required mark was not reached; 2 a report file can't be written, or
// what was chosen can't be played, and no life was played; 3 a life that was played twice was not the same; 4 no
// violation, but the report is incomplete; 128 plus the signal: interrupted, with no violation until then.
int run_campaign(const Simulator& simulator, const CampaignOptions& options);

}  // namespace fulmar
