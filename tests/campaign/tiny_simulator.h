// A simulator whose lives take no time: scenario `steady` never fails, and `unlucky` fails for every fifth seed, for
// one of two causes.
#pragma once

#include "campaign/simulator.h"
#include "tests/campaign/running.h"

namespace fulmar::tiny {

extern const Simulator simulator;
const Scenario& steady();
const Scenario& unlucky();

// Carries out the arguments in this process.
Ran run(const std::vector<std::string>& arguments);
// A file of this test, which does not exist yet.
std::string fresh_file(const std::string& name);
std::string content(const std::string& path);
// The first column of the first row that a report gives.
std::string query(const std::string& report, const std::string& sql);

}  // namespace fulmar::tiny
