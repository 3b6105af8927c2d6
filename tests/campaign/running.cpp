#include "tests/campaign/running.h"

#include <gtest/gtest.h>
#include <unistd.h>

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

}  // namespace fulmar
