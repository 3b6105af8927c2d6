// Results: what a campaign does with the lives that have ended: it adds them up, and writes them to its report, to the
// JUnit XML file and to the summaries.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "campaign/campaign.h"
#include "reports/junit.h"
#include "reports/store.h"
#include "reports/totals.h"
#include "runtime/base/mark.h"

namespace fulmar {

class Results {
 public:
  // `options` must outlive this. If the campaign resumes another, they become what that one was asked for.
  Results(const Simulator& simulator, CampaignOptions& options) : simulator_(simulator), options_(options) {
    totals_.code_marks = code_marks();
  }

  // Opens the report and looks whether the other files can be written. Errors: of the files; invalid_argument: the
  // campaign can't be resumed.
  Result<void> begin();

  // These scenarios are in the summary even if they have no lives.
  void expect(const std::vector<const Scenario*>& scenarios);

  // What is printed of the life while the campaign goes on: the first life with a signature, and lives that were not
  // the same the second time; empty for others. `seconds`: since the campaign began.
  std::string add(const PlayedLife& life, double seconds);
  // An error of the report, which is then no longer written; empty if there is none. Each is told once.
  std::string take_error();

  // Writes the summaries; `missing`: see missing_marks(). Errors are returned, as text.
  std::string end(double seconds, bool complete, const std::string& missing);

  // Keeps in the report how the findings' lives go, after end(). Errors are returned, as text.
  std::string record_findings();

  const Totals& totals() const { return totals_; }
  bool unwritten() const { return unwritten_; }
  double seconds_before() const { return seconds_before_; }  // of the campaign that is resumed
  const std::map<std::string, PlayedSeeds>& played() const { return played_; }

 private:
  Result<void> resume();
  void count(const LifeReport& life);

  const Simulator& simulator_;
  CampaignOptions& options_;
  Totals totals_;
  std::unique_ptr<ReportStore> store_;
  std::vector<std::unique_ptr<LifeReporter>> reporters_;
  std::int64_t campaign_ = 0;
  double seconds_before_ = 0;
  std::map<std::string, PlayedSeeds> played_;
  std::map<std::string, JunitSuite> suites_;
  std::set<std::string> shown_;  // signatures
  std::string error_;
  bool unwritten_ = false;
};

// The life as reports have it. `capsules`: the folder that gets its capsule, or empty. `seconds`: since the campaign
// began.
LifeReport report_of(const PlayedLife& played, std::string_view program, const PlanChoice& choice,
                     const std::string& capsules, double seconds);

// A line for each of these marks that no life has reached.
std::string unreached(const std::vector<std::string>& required, const Totals& totals);

// The marks that scenarios require and so many lives have not reached, a line for each; empty if there are none.
std::string missing_marks(const Simulator& simulator, const Totals& totals);

}  // namespace fulmar
