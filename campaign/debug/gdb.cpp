#include "campaign/debug/gdb.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr int not_found = 127;
constexpr std::string_view begin_mark = "= the script's output =";

// A file with the script, for as long as it exists.
class ScriptFile {
 public:
  ScriptFile() {
    const char* folder = std::getenv("TMPDIR");
    path_ = std::string(folder && *folder ? folder : "/tmp") + "/fulmar-fibers-XXXXXX.py";
    int file = mkstemps(path_.data(), 3);
    if (file < 0) return;
    auto size = std::strlen(fibers_script);
    good_ = write(file, fibers_script, size) == static_cast<ssize_t>(size);
    close(file);
  }
  ~ScriptFile() { unlink(path_.c_str()); }
  ScriptFile(const ScriptFile&) = delete;
  ScriptFile& operator=(const ScriptFile&) = delete;

  bool good() const { return good_; }
  std::string source() const { return "source " + path_; }

 private:
  std::string path_;
  bool good_ = false;
};

[[noreturn]] void run_gdb(pid_t process, std::vector<std::string> arguments) {
  std::vector<std::string> all = {"gdb",
                                  "-q",
                                  "-nx",
                                  "-iex",
                                  "set debuginfod enabled off",
                                  "-iex",
                                  "set confirm off",
                                  "-p",
                                  std::to_string(process)};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> words;
  for (auto& word : all) words.push_back(word.data());
  words.push_back(nullptr);
  execvp("gdb", words.data());
  _exit(not_found);
}

std::unexpected<Error> cannot(const std::string& what) {
  return std::unexpected(Error{Errc::unsupported, what});
}

}  // namespace

Result<void> hand_over_to_gdb(pid_t process) {
  ScriptFile script;
  if (!script.good()) return cannot("a temporary file for gdb can't be written");
  std::fflush(nullptr);
  auto gdb = fork();
  FULMAR_ASSERT(gdb >= 0);
  if (gdb == 0) run_gdb(process, {"-ex", script.source(), "-ex", "info fibers"});
  int status = 0;
  while (waitpid(gdb, &status, 0) < 0) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_found) return cannot("gdb can't be run: is it installed?");
  return {};
}

Result<std::vector<std::string>> ask_gdb(pid_t process, const std::vector<std::string>& commands) {
  ScriptFile script;
  if (!script.good()) return cannot("a temporary file for gdb can't be written");
  std::vector<std::string> arguments = {"-batch", "-ex", script.source(), "-ex",
                                        "echo \\n" + std::string(begin_mark) + "\\n"};
  for (const auto& command : commands) arguments.insert(arguments.end(), {"-ex", command});
  int ends[2];
  FULMAR_ASSERT(pipe(ends) == 0);
  std::fflush(nullptr);
  auto gdb = fork();
  FULMAR_ASSERT(gdb >= 0);
  if (gdb == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    close(STDIN_FILENO);
    run_gdb(process, arguments);
  }
  close(ends[1]);
  std::vector<std::string> lines;
  bool begun = false, denied = false;
  auto* out = fdopen(ends[0], "r");
  char* line = nullptr;
  std::size_t capacity = 0;
  for (ssize_t size = 0; (size = getline(&line, &capacity, out)) > 0;) {
    std::string text(line, static_cast<std::size_t>(size));
    if (text.back() == '\n') text.pop_back();
    denied = denied || text.find("ptrace: ") != std::string::npos;
    bool chatter = text.starts_with("warning: ") || text.starts_with("[Inferior ");
    if (begun && !chatter) lines.push_back(text);
    begun = begun || text == begin_mark;
  }
  std::free(line);
  std::fclose(out);
  int status = 0;
  while (waitpid(gdb, &status, 0) < 0) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_found) return cannot("gdb can't be run: is it installed?");
  if (denied) return cannot("this system does not let gdb look into the process");
  return lines;
}

}  // namespace fulmar
