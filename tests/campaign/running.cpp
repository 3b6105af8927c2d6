#include "tests/campaign/running.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "sim/world.h"

namespace fulmar {

Ran run(const Simulator& simulator, const std::vector<std::string>& arguments) {
  Ran ran;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  ran.code = run_command(simulator, arguments);
  std::fflush(stdout);
  ran.out = testing::internal::GetCapturedStdout();
  ran.errors = testing::internal::GetCapturedStderr();
  return ran;
}

Ran run(const Simulator& simulator, const std::vector<std::string>& arguments, const std::string& input) {
  auto* file = std::tmpfile();
  EXPECT_EQ(std::fwrite(input.data(), 1, input.size(), file), input.size());
  std::rewind(file);
  int before = dup(STDIN_FILENO);
  dup2(fileno(file), STDIN_FILENO);
  auto ran = run(simulator, arguments);
  dup2(before, STDIN_FILENO);
  close(before);
  std::fclose(file);
  return ran;
}

void follow(World& world, const Plan& plan, const LifeOptions& options) {
  for (const auto& branch : plan.branches)
    if (branch.event > 0) world.branch_at(branch.event, branch.seed);
  if (options.trace) world.trace().set_sink(options.trace);
  if (options.happening) world.trace().set_observer(options.happening);
  if (options.account) world.trace().set_account(options.account);
  if (options.event) world.trace().set_watch(options.event);
}

}  // namespace fulmar
