// ClientCommand: the common parts of all commands that talk to a cluster: the command line, --bootstrap, a process
// without a disk, and the exit codes.
//
// Exit codes: 0 done, 1 failed (standard error says why, with Kafka's name of the error), 2 the command line is
// wrong.
#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/cli/table.h"
#include "broker/client/cluster_client.h"

namespace fulmar {

class ClientCommand {
 public:
  // `name`: "topic create"; `operand`: "NAME", "NAME..." for one or more, "[NAME]..." for any number of them, or
  // nothing; `what`: a sentence for --help.
  ClientCommand(std::string name, std::string operand, const std::string& what);

  boost::program_options::options_description_easy_init options() { return shown_.add_options(); }
  // To be called before parse(): the command prints a table, or JSON with --output json.
  void lists();
  bool as_json() const { return output_ == "json"; }

  // Reads the command line. Returns an exit code if the command ends here, after --help or an error.
  std::optional<int> parse(const std::vector<std::string>& arguments);
  const std::string& operand() const { return operands_.front(); }
  const std::vector<std::string>& operands() const { return operands_; }
  bool given(const char* option) const { return given_.contains(option); }
  template <class T>
  const T& get(const char* option) const {
    return given_[option].as<T>();
  }

  // Prints an error in the command line; returns the exit code for that.
  int wrong(const std::string& message) const;
  // Prints a line of progress on standard error.
  void tell(const std::string& progress) const;
  // Prints it on standard output, as --output says. Errors: as fulmar::print().
  Answer<void> print(const Table& table) const;
  Answer<void> print(const Json& json) const;
  // Runs `body` in a fiber of a process, with a client of the cluster. Returns the exit code.
  int run(const std::function<Answer<void>(Host&, ClusterClient&)>& body) const;
  // To be called before run(): SIGINT and SIGTERM then set the host's stop_requested(), for a body that has something
  // to bring to an end.
  void ends_in_order() { handles_signals_ = true; }

 private:
  std::string name_;
  std::string operand_name_;
  std::string what_;
  std::vector<std::string> operands_;
  std::string bootstrap_;
  std::string security_file_;
  std::string output_;
  std::int32_t timeout_seconds_ = 0;
  bool handles_signals_ = false;
  boost::program_options::options_description shown_;
  boost::program_options::variables_map given_;
  ClusterClientOptions cluster_;
};

// The error of a change; if it is unknown whether the change was made, the message says so, and names the command
// `shown_by` that shows it.
template <class T>
Answer<T> or_in_doubt(Answer<T> changed, const std::string& shown_by) {
  if (!changed && changed.error().code == ErrorCode::request_timed_out)
    changed.error().detail += " How far it comes is in doubt: `fulmar " + shown_by + "` shows it.";
  return changed;
}

// A family of commands: runs the member that the first argument names, with the other arguments.
struct Subcommand {
  const char* name;
  const char* synopsis;
  int (*run)(const std::vector<std::string>& arguments);
};
int run_subcommand(const std::string& family, const std::vector<Subcommand>& members,
                   const std::vector<std::string>& arguments);

// Prints text on standard output, and returns when all of it is written. Errors: the system's message, without a code.
Answer<void> print(const std::string& text);

}  // namespace fulmar
