#include "tests/campaign/running.h"

#include <gtest/gtest.h>

#include <cstdio>

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

}  // namespace fulmar
