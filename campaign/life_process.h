// LifeProcess: a life that is played in a process of its own, which writes to whoever started it while it plays. The
// life may crash: then what it wrote before is all there is.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <functional>

namespace fulmar {

class LifeProcess {
 public:
  // `play` writes to the stream that it is given; it has twice so much CPU time. Its standard error goes nowhere.
  LifeProcess(double life_seconds_max, const std::function<void(std::FILE* out)>& play);
  // Ends the process.
  ~LifeProcess();
  LifeProcess(const LifeProcess&) = delete;
  LifeProcess& operator=(const LifeProcess&) = delete;

  std::FILE* in() { return in_; }  // what it writes

 private:
  pid_t pid_ = -1;
  std::FILE* in_ = nullptr;
};

}  // namespace fulmar
