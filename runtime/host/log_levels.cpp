#include "runtime/host/log_levels.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <utility>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {

constexpr std::array<const char*, 6> names{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};

}  // namespace

const char* log_level_name(LogLevel level) noexcept {
  return names[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view name) noexcept {
  for (std::size_t level = 0; level < names.size(); ++level) {
    std::string_view upper = names[level];
    auto is_lower = [](char l, char u) { return l == std::tolower(static_cast<unsigned char>(u)); };
    if (name == upper || std::equal(name.begin(), name.end(), upper.begin(), upper.end(), is_lower))
      return static_cast<LogLevel>(level);
  }
  return std::nullopt;
}

struct LogLevels::Known {
  explicit Known(std::string_view n) : name(n) {}
  std::string name;
  std::atomic<LogLevel> level{LogLevel::info};
  std::atomic<bool> own{false};
  Known* next = nullptr;
};

LogLevels::~LogLevels() {
  for (auto* one = first_.load(); one;) delete std::exchange(one, one->next);
}

LogLevels::Known* LogLevels::find(std::string_view component) const {
  auto* one = first_.load();
  while (one && one->name != component) one = one->next;
  return one;
}

LogLevels::Known& LogLevels::known(std::string_view component) {
  if (auto* one = find(component)) return *one;
  auto added = std::make_unique<Known>(component);
  auto* first = first_.load();
  do {
    added->next = first;
    for (auto* one = first; one; one = one->next)
      if (one->name == component) return *one;  // another thread was faster
  } while (!first_.compare_exchange_weak(first, added.get()));
  auto& one = *added.release();
  // Now that whoever changes the root's level finds it.
  if (const auto* root_of_all = find(root); root_of_all && !one.own) one.level = root_of_all->level.load();
  return one;
}

const std::atomic<LogLevel>& LogLevels::of(std::string_view component) {
  return known(component).level;
}

bool LogLevels::has(std::string_view component) const {
  return find(component) != nullptr;
}

void LogLevels::set(std::string_view component, std::optional<LogLevel> level) {
  auto& changed = known(component);
  FULMAR_ASSERT(level || component != root);
  changed.own = level.has_value();
  changed.level = level ? *level : find(root)->level.load();
  if (component != root) return;
  for (auto* one = first_.load(); one; one = one->next)
    if (!one->own) one->level = *level;
}

std::vector<LogLevels::Component> LogLevels::all() const {
  std::vector<Component> list;
  for (const auto* one = first_.load(); one; one = one->next) list.push_back({one->name, one->level, one->own});
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return list;
}

}  // namespace fulmar
