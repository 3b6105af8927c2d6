#include "broker/cli/log_command.h"

#include <boost/program_options.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "broker/cli/client_command.h"
#include "broker/cluster/earlier_metadata.h"
#include "broker/cluster/metadata_codec.h"
#include "broker/cluster/topic_name.h"
#include "broker/log/log_inspection.h"
#include "broker/protocol/records/end_marker.h"
#include "broker/replication/earlier_states.h"
#include "runtime/host/entropy.h"
#include "runtime/real/process.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;
using Json = nlohmann::ordered_json;

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr std::string_view metadata_directory = "__cluster_metadata-0";

// What a command works on: a data directory, and the partition directories that are named.
struct Files {
  std::string data_directory;
  std::vector<std::string> partitions;
};

bool is_partition(const std::string& name) {
  return name == metadata_directory || partition_of_directory(name).has_value();
}

Result<Files> find_files(const std::string& named) {
  namespace fs = std::filesystem;
  std::error_code error;
  auto path = fs::canonical(named, error);
  if (error || !fs::is_directory(path)) return fail(Errc::not_found, named + " is no directory");
  Files files{path.string(), {}};
  bool one = false;
  bool interrupted = false;  // an upgrade was interrupted, and may have renamed the only log
  for (const auto& entry : fs::directory_iterator(path, error)) {
    auto name = entry.path().filename().string();
    if (entry.is_directory() && is_partition(name)) files.partitions.push_back(name);
    interrupted = interrupted || name == upgraded_log_name;
    one = one || (entry.is_regular_file() && parse_segment_file_name(name, ".log"));
  }
  if (error) return fail(Errc::io_error, named + ": " + error.message());
  if (one) return Files{path.parent_path().string(), {path.filename().string()}};
  std::sort(files.partitions.begin(), files.partitions.end());
  if (files.partitions.empty() && !interrupted) return fail(Errc::not_found, named + " holds no partition's log");
  return files;
}

// Parses the command lines of the family, and runs them in a process whose disk is the data directory, which no broker
// uses.
class LogTool {
 public:
  LogTool(std::string name, std::string what) : name_("fulmar log " + std::move(name)), what_(std::move(what)) {
    options_.add_options()("help,h", "this text")("output", po::value(&output_)->default_value("text"), "text or json");
    hidden_.add_options()("DIR", po::value(&operands_));
  }
  po::options_description& options() { return options_; }
  bool json() const { return output_ == "json"; }

  std::optional<int> parse(const std::vector<std::string>& arguments) {
    po::positional_options_description positional;
    positional.add("DIR", -1);
    po::variables_map given;
    try {
      constexpr int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
      po::options_description all;
      all.add(options_).add(hidden_);
      po::store(po::command_line_parser(arguments).options(all).positional(positional).style(style).run(), given);
      po::notify(given);
    } catch (const po::error& error) {
      return complain(exit_usage, std::string(error.what()) + "; see " + name_ + " --help");
    }
    if (given.contains("help")) {
      std::cout << name_ << " DIR [OPTIONS]\n\n" << what_ << "\n\n" << options_;
      return 0;
    }
    if (operands_.size() != 1) return complain(exit_usage, "one DIR is needed; see " + name_ + " --help");
    if (output_ != "text" && output_ != "json")
      return complain(exit_usage, "--output must be text or json, not " + output_);
    return std::nullopt;
  }

  int complain(int code, const std::string& message) const {
    std::cerr << name_ << ": " << message << "\n";
    return code;
  }

  // Runs `work` for each partition; the highest of its codes is the command's.
  int run(const std::function<Result<int>(Host&, const std::string& partition)>& work) {
    return run_on_files([&](Host& host, const Files& files) {
      int worst = 0;
      for (const auto& partition : files.partitions) {
        auto done = work(host, partition);
        if (!done) complain(exit_failed, partition + ": " + to_string(done.error()));
        worst = std::max(worst, done.value_or(exit_failed));
      }
      return worst;
    });
  }

  int run_on_files(const std::function<int(Host&, const Files&)>& work) {
    auto files = find_files(operands_.front());
    if (!files) return complain(exit_failed, files.error().detail);
    ProcessOptions process;
    process.data_directory = files->data_directory;
    process.log.level = LogLevel::error;
    process.handle_signals = false;
    auto code = run_real_process(process, [&](Host& host) {
      auto lock = lock_out_brokers(host.disk());
      if (!lock) return complain(exit_failed, lock.error().detail);
      return work(host, *files);
    });
    return code ? *code : complain(exit_failed, code.error().detail);
  }

 private:
  // A copy of single directories has no lock file, and no broker uses it.
  static Result<std::unique_ptr<File>> lock_out_brokers(Disk& disk) {
    FULMAR_TRY(auto entries, disk.list(""));
    bool there = std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return entry.name == ".lock"; });
    if (!there) return nullptr;
    auto lock = disk.lock(".lock");
    if (!lock && lock.error().code == Errc::exists)
      return fail(Errc::exists, "a broker uses the data directory: stop it first");
    return lock;
  }

  std::string name_;
  std::string what_;
  std::string output_;
  std::vector<std::string> operands_;
  po::options_description options_{"Options"};
  po::options_description hidden_;
};

Result<void> put(const std::string& line) {
  auto printed = print(line + "\n");
  if (!printed) return fail(Errc::io_error, to_string(printed.error()));
  return {};
}

Json json_of(const LogFault& fault) {
  Json json{{"file", fault.file}, {"fault", fault.what}};
  if (const auto& damaged = fault.damaged) {
    json["first_offset"] = damaged->from;
    json["last_offset"] = damaged->to - 1;
    json["position"] = damaged->position;
    json["end_position"] = damaged->end;
  }
  return json;
}

Result<void> report(const std::string& partition, const LogFindings& found, bool json) {
  if (json) {
    Json all{{"partition", partition},
             {"log_start", found.log_start},
             {"log_end", found.log_end},
             {"synced", found.synced},
             {"segments", found.segments.size()},
             {"batches", found.batches},
             {"records", found.records},
             {"bytes", found.bytes},
             {"notes", found.notes},
             {"faults", Json::array()}};
    for (const auto& fault : found.faults) all["faults"].push_back(json_of(fault));
    return put(all.dump());
  }
  for (const auto& fault : found.faults) FULMAR_TRY_VOID(put("DAMAGED " + fault.file + ": " + fault.what));
  for (const auto& note : found.notes) FULMAR_TRY_VOID(put("note    " + note));
  return put(std::string(found.faults.empty() ? "ok      " : "DAMAGED ") + partition + ": offsets " +
             std::to_string(found.log_start) + " to " + std::to_string(found.log_end) + ", segments " +
             std::to_string(found.segments.size()) + ", batches " + std::to_string(found.batches) + ", records " +
             std::to_string(found.records) + ", bytes " + std::to_string(found.bytes) + ", faults " +
             std::to_string(found.faults.size()));
}

int check(const std::vector<std::string>& arguments) {
  LogTool tool(
      "check",
      "Reads every batch and record of a stopped broker's data directory, or of one partition's directory, and "
      "what lies beside them. Names what is damaged; ends with 1 if anything is. Changes nothing.");
  if (auto code = tool.parse(arguments)) return *code;
  return tool.run([&](Host& host, const std::string& partition) -> Result<int> {
    FULMAR_TRY(auto found, inspect_log(host.disk(), partition));
    FULMAR_TRY_VOID(report(partition, found, tool.json()));
    return found.faults.empty() ? 0 : exit_failed;
  });
}

// As text if it is UTF-8, else as hexadecimal.
Json json_of(const std::optional<Bytes>& field) {
  if (!field) return nullptr;
  Json text = std::string(field->view());
  try {
    (void)text.dump();
    return text;
  } catch (const Json::type_error&) {
    std::string hex;
    for (auto byte : field->view()) {
      hex += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
      hex += "0123456789abcdef"[byte & 15];
    }
    return Json{{"hex", hex}};
  }
}

// A metadata record as text.
Json json_of_value(const std::string& partition, const std::optional<Bytes>& value) {
  if (partition == metadata_directory && value)
    if (auto change = decode_metadata_record(value->view())) return to_text(*change);
  return json_of(value);
}

Json json_of(const std::string& partition, const Segment& segment, const BatchHeader& header, std::uint64_t position,
             const std::vector<ReadRecord>& records) {
  Json json{{"partition", partition},
            {"segment", segment_file_name(segment.base_offset(), ".log")},
            {"position", position},
            {"bytes", header.size()},
            {"first_offset", header.base_offset},
            {"last_offset", header.last_offset()},
            {"epoch", header.leader_epoch},
            {"records", header.record_count},
            {"codec", compression_name(header.codec())},
            {"max_timestamp", header.max_timestamp},
            {"timestamp_type", header.log_append_time() ? "LogAppendTime" : "CreateTime"},
            {"control", header.control()},
            {"transactional", header.transactional()}};
  if (header.producer_id != no_producer_id) {
    json["producer_id"] = header.producer_id;
    json["producer_epoch"] = header.producer_epoch;
    json["base_sequence"] = header.base_sequence;
  }
  if (!header.control() || records.size() != 1) return json;
  if (auto marker = read_end_marker(records.front())) {
    json["end_of_transaction"] = marker->commit ? "COMMIT" : "ABORT";
    json["coordinator_epoch"] = marker->coordinator_epoch;
  }
  return json;
}

std::string text_of(const Json& json) {
  std::string text;
  for (const auto& [name, value] : json.items())
    text += (text.empty() ? "" : " ") + name + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
  return text;
}

int dump(const std::vector<std::string>& arguments) {
  bool records = false;
  LogTool tool("dump",
               "Prints the batches of a stopped broker's partitions, or of one, a line each, in their order; with "
               "--records, each one's records after it. Damage is named on standard error, and ends it with 1.");
  tool.options().add_options()("records", po::bool_switch(&records), "the records as well");
  if (auto code = tool.parse(arguments)) return *code;
  return tool.run([&](Host& host, const std::string& partition) -> Result<int> {
    auto line = [&](const Json& json) { return put(tool.json() ? json.dump() : text_of(json)); };
    auto visit = [&](const Segment& segment, const BatchHeader& header, std::uint64_t position,
                     const std::vector<ReadRecord>& held) -> Result<void> {
      FULMAR_TRY_VOID(line(json_of(partition, segment, header, position, held)));
      if (!records) return {};
      for (const auto& record : held)
        FULMAR_TRY_VOID(line(Json{{"offset", record.offset},
                                  {"timestamp", record.timestamp},
                                  {"key", json_of(record.key)},
                                  {"value", json_of_value(partition, record.value)}}));
      return {};
    };
    FULMAR_TRY(auto found, inspect_log(host.disk(), partition, visit));
    for (const auto& fault : found.faults) tool.complain(exit_failed, fault.file + ": " + fault.what);
    return found.faults.empty() ? 0 : exit_failed;
  });
}

std::string random_hex(Host& host) {
  std::string text;
  for (auto number = host.entropy().next(); text.size() < 16; number >>= 4) text += "0123456789abcdef"[number & 15];
  return text;
}

int salvage(const std::vector<std::string>& arguments) {
  LogTool tool("salvage",
               "Where a stopped broker's partitions, or one, are damaged, makes logs of what is good in them, with all "
               "offsets as they were, and puts them in their places. The originals are set aside, under names that end "
               "with -stray; nothing is deleted. Batches without records stand in for what is lost.");
  if (auto code = tool.parse(arguments)) return *code;
  return tool.run([&](Host& host, const std::string& partition) -> Result<int> {
    auto& disk = host.disk();
    FULMAR_TRY(auto found, inspect_log(disk, partition));
    bool mendable = std::any_of(found.faults.begin(), found.faults.end(),
                                [](const auto& fault) { return !fault.file.ends_with("/partition.metadata"); });
    if (!mendable) {
      FULMAR_TRY_VOID(report(partition, found, tool.json()));
      return found.faults.empty() ? 0 : exit_failed;
    }
    auto number = random_hex(host);
    auto made = partition + "." + number + "-salvaged";
    auto aside = partition + "." + number + "-stray";
    FULMAR_TRY_VOID(salvage_log(disk, partition, found, made));
    FULMAR_TRY_VOID(disk.rename(partition, aside));
    FULMAR_TRY_VOID(disk.rename(made, partition));
    FULMAR_TRY_VOID(disk.sync_directory(""));
    Offset lost = 0;
    for (const auto& fault : found.faults)
      if (fault.damaged) lost += fault.damaged->to - fault.damaged->from;
    if (tool.json()) {
      Json json{{"partition", partition},   {"log_start", found.log_start}, {"log_end", found.log_end},
                {"records", found.records}, {"lost_offsets", lost},         {"original", aside},
                {"faults", Json::array()}};
      for (const auto& fault : found.faults) json["faults"].push_back(json_of(fault));
      FULMAR_TRY_VOID(put(json.dump()));
      return 0;
    }
    for (const auto& fault : found.faults) FULMAR_TRY_VOID(put("DAMAGED  " + fault.file + ": " + fault.what));
    FULMAR_TRY_VOID(put("salvaged " + partition + ": records " + std::to_string(found.records) + ", offsets lost " +
                        std::to_string(lost) + "; the original is " + aside));
    return 0;
  });
}

int upgrade(const std::vector<std::string>& arguments) {
  LogTool tool(
      "upgrade",
      "Converts the data directory of a broker of the release before, for good. All brokers of a cluster have to "
      "be stopped first, in good order, and converted: those of two releases do not speak to each other.");
  if (auto code = tool.parse(arguments)) return *code;
  return tool.run_on_files([&](Host& host, const Files&) {
    auto converted = upgrade_states(host);
    if (!converted) return tool.complain(exit_failed, to_string(converted.error()));
    auto metadata = upgrade_metadata(host);
    if (!metadata) return tool.complain(exit_failed, to_string(metadata.error()));
    auto said = tool.json() ? Json{{"converted", *converted}, {"metadata", *metadata}}.dump()
                : *converted == 0 && !*metadata
                    ? std::string("nothing to convert")
                    : "converted: replicas " + std::to_string(*converted) + (*metadata ? ", and the metadata" : "");
    auto printed = put(said);
    return printed ? 0 : tool.complain(exit_failed, to_string(printed.error()));
  });
}

}  // namespace

int log_command(const std::vector<std::string>& arguments) {
  return run_subcommand(
      "log",
      {{"check", "check DIR      verifies everything, and names damage", check},
       {"dump", "dump DIR       prints batches, and records", dump},
       {"salvage", "salvage DIR    makes a log of what is good, and sets the damaged one aside", salvage},
       {"upgrade", "upgrade DIR    converts what a broker of the release before has left", upgrade}},
      arguments);
}

}  // namespace fulmar
