#include "campaign/life_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "campaign/time_limit.h"
#include "runtime/base/assert.h"

namespace fulmar {

LifeProcess::LifeProcess(double life_seconds_max, const std::function<void(std::FILE* out)>& play) {
  int ends[2];
  FULMAR_ASSERT(pipe(ends) == 0);
  std::fflush(nullptr);
  pid_ = fork();
  FULMAR_ASSERT(pid_ >= 0);
  if (pid_ == 0) {
    close(ends[0]);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);  // a crash is a finding of whoever plays the life first
    TimeLimit limit(2 * life_seconds_max);
    auto* out = fdopen(ends[1], "w");
    play(out);
    std::fflush(out);
    _exit(0);
  }
  close(ends[1]);
  in_ = fdopen(ends[0], "r");
}

LifeProcess::~LifeProcess() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  std::fclose(in_);
}

}  // namespace fulmar
