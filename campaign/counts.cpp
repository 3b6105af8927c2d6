#include "campaign/counts.h"

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "campaign/commands/command.h"
#include "campaign/exit_codes.h"

namespace fulmar {

namespace {

using Json = nlohmann::ordered_json;
using Totals = std::map<std::string, std::uint64_t, std::less<>>;

constexpr std::size_t bounds_bytes_max = 1 << 20;
constexpr const char* units_name = "units";

using Bounds = std::map<std::string, Totals, std::less<>>;  // by load

std::unexpected<Error> unfit(const std::string& path, const std::string& why) {
  return fail(Errc::invalid_argument, path + ": " + why);
}

Result<Bounds> read_bounds(const std::string& path, std::span<const CountedLoad* const> loads) {
  auto text = read_text_file(path, bounds_bytes_max);
  if (!text) return unfit(path, text.error().detail);
  auto json = Json::parse(*text, nullptr, false);
  if (!json.is_object()) return unfit(path, "is no JSON object of loads");
  Bounds bounds;
  for (const auto& [load, totals] : json.items()) {
    if (!totals.is_object()) return unfit(path, "'" + load + "' has no totals");
    for (const auto& [what, total] : totals.items()) {
      if (!total.is_number_unsigned()) return unfit(path, "'" + what + "' of '" + load + "' is no count");
      bounds[load][what] = total.get<std::uint64_t>();
    }
  }
  for (const auto* load : loads)
    if (!bounds.contains(load->name)) return unfit(path, "has no load '" + std::string(load->name) + "'");
  return bounds;
}

// Why the counts are not within the bounds, a line each.
std::vector<std::string> excesses(const CountedLoad& load, const CountedWork& work, const Totals& bounds) {
  std::vector<std::string> found;
  auto expect = [&](const std::string& what, std::uint64_t total, bool exactly) {
    auto bound = bounds.find(what);
    if (bound == bounds.end()) {
      found.push_back(std::string(load.name) + ": there is no bound for '" + what + "'");
    } else if (total > bound->second + (exactly ? 0 : bound->second / 100) || (exactly && total < bound->second)) {
      found.push_back(std::string(load.name) + ": " + std::to_string(total) + " " + what + ", where " +
                      std::to_string(bound->second) + " are expected" + (exactly ? "" : " at most, and 1 % more"));
    }
  };
  expect(units_name, work.units, true);
  for (const auto& [what, total] : work.totals) expect(what, total, false);
  return found;
}

void print_table(const CountedLoad& load, const CountedWork& work) {
  auto unit = std::string(load.unit);
  std::printf("%s: %s\n%-36s %14s %14s\n", std::string(load.name).c_str(), std::string(load.description).c_str(),
              (std::to_string(work.units) + " " + unit + "s").c_str(), "total", ("per " + unit).c_str());
  for (const auto& [what, total] : work.totals)
    std::printf("  %-34s %14llu %14.3f\n", what.c_str(), static_cast<unsigned long long>(total),
                static_cast<double>(total) / static_cast<double>(work.units));
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

int print_counts(std::span<const CountedLoad* const> loads, const CountOptions& options) {
  auto complain = [&](const std::string& line) {
    std::fprintf(stderr, "%s: %s\n", std::string(options.program).c_str(), line.c_str());
  };
  std::optional<Bounds> bounds;
  if (!options.bounds_file.empty()) {
    auto read = read_bounds(options.bounds_file, loads);
    if (!read) {
      complain(read.error().detail);
      return exit_usage;
    }
    bounds = std::move(*read);
  }
  Json all = Json::object();
  std::vector<std::string> wrong;
  for (const auto* load : loads) {
    auto work = load->play();
    if (work.units == 0) {
      wrong.push_back(std::string(load->name) + ": did not come to its end");
      continue;
    }
    if (options.as_json) {
      auto& totals = all[std::string(load->name)];
      totals[units_name] = work.units;
      for (const auto& [what, total] : work.totals) totals[what] = total;
    } else {
      print_table(*load, work);
    }
    if (!bounds) continue;
    for (auto& excess : excesses(*load, work, bounds->find(load->name)->second)) wrong.push_back(std::move(excess));
  }
  if (options.as_json) std::printf("%s\n", all.dump(2).c_str());
  for (const auto& line : wrong) complain(line);
  return wrong.empty() ? 0 : exit_violation;
}

}  // namespace fulmar
