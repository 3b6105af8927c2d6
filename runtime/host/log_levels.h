// LogLevels: from which level on each component of a process logs; may be changed while it runs.
//
// Any thread may call anything at once. A component is known once a Logger was made for it.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fulmar {

// Nothing is logged at `fatal`: a component at that level is silent.
enum class LogLevel : unsigned char { trace, debug, info, warn, error, fatal };
const char* log_level_name(LogLevel level) noexcept;                      // "TRACE"
std::optional<LogLevel> parse_log_level(std::string_view name) noexcept;  // "TRACE" or "trace"; nullopt: it is none

class LogLevels {
 public:
  // The level of all components that have none of their own. Under this name it is set as theirs are.
  static constexpr std::string_view root = "root";

  explicit LogLevels(LogLevel level) { set(root, level); }
  ~LogLevels();
  LogLevels(const LogLevels&) = delete;
  LogLevels& operator=(const LogLevels&) = delete;

  // The level in force of that component, which is known from now on; lives as long as this object.
  const std::atomic<LogLevel>& of(std::string_view component);

  bool has(std::string_view component) const;
  // Gives a known component a level of its own, or with nullopt the root's again, which `root` itself can't have.
  // Others are not changed.
  void set(std::string_view component, std::optional<LogLevel> level);

  struct Component {
    std::string name;
    LogLevel level = LogLevel::info;  // in force
    bool own = false;                 // and not the root's
  };
  std::vector<Component> all() const;  // by name, with the root

 private:
  struct Known;
  Known* find(std::string_view component) const;
  Known& known(std::string_view component);

  std::atomic<Known*> first_{nullptr};  // of a list to which components are added at its front, and never removed
};

}  // namespace fulmar
