// fulmar: the production binary.
#include <fcntl.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "broker/cli/acl_command.h"
#include "broker/cli/broker_command.h"
#include "broker/cli/cluster_command.h"
#include "broker/cli/consume_command.h"
#include "broker/cli/group_command.h"
#include "broker/cli/log_command.h"
#include "broker/cli/produce_command.h"
#include "broker/cli/quota_command.h"
#include "broker/cli/top_command.h"
#include "broker/cli/topic_command.h"
#include "broker/cli/transaction_command.h"
#include "broker/cli/user_command.h"
#include "runtime/base/did_you_mean.h"

namespace {

constexpr const char* usage =
    "fulmar, a message broker that speaks the Kafka protocol\n"
    "\n"
    "  fulmar broker --data-dir DIR                      runs a broker\n"
    "  fulmar topic create|list|describe|delete [NAME]   topics\n"
    "  fulmar topic alter NAME                           a topic's properties\n"
    "  fulmar topic add-partitions NAME                  more partitions\n"
    "  fulmar topic offsets|delete-records NAME          where partitions begin and end, and fewer records\n"
    "  fulmar produce TOPIC                              sends each line of standard input as a record\n"
    "  fulmar consume TOPIC                              prints records\n"
    "  fulmar group list|describe|config|delete [NAME]   consumer groups\n"
    "  fulmar group reset-offsets NAME                   where a group goes on\n"
    "  fulmar transaction list|describe|abort [ID]       transactions\n"
    "  fulmar quota list|set|remove                      how much clients may use\n"
    "  fulmar acl list|add|remove                        who may do what\n"
    "  fulmar user list|set|delete [NAME]                who authenticates with SCRAM\n"
    "  fulmar top                                        what a cluster does, again and again\n"
    "  fulmar cluster status                             brokers, and what is wrong\n"
    "  fulmar cluster clients                            whose clients send which requests\n"
    "  fulmar cluster reassign|elect-leaders [TOPIC]     moves partitions, and leaderships\n"
    "  fulmar cluster config                             what is set for brokers while they run\n"
    "  fulmar cluster decommission BROKER                has a broker leave for good\n"
    "  fulmar log check|dump|salvage|upgrade DIR         the files of a stopped broker\n"
    "  fulmar --version\n"
    "  fulmar help [COMMAND]\n"
    "\n"
    "each with --help, which lists its options\n";

struct Command {
  const char* name;
  int (*run)(const std::vector<std::string>& arguments);
};
constexpr Command commands[] = {{"broker", fulmar::broker_command},   {"topic", fulmar::topic_command},
                                {"produce", fulmar::produce_command}, {"consume", fulmar::consume_command},
                                {"group", fulmar::group_command},     {"top", fulmar::top_command},
                                {"cluster", fulmar::cluster_command}, {"transaction", fulmar::transaction_command},
                                {"quota", fulmar::quota_command},     {"acl", fulmar::acl_command},
                                {"user", fulmar::user_command},       {"log", fulmar::log_command}};

// A closed standard descriptor would be reused for the next file or socket, into which output would then be printed.
void occupy_standard_descriptors() {
  int taken = STDIN_FILENO;
  while (taken >= 0 && taken <= STDERR_FILENO) taken = open("/dev/null", O_RDONLY);
  if (taken > STDERR_FILENO) close(taken);
}

}  // namespace

int main(int count, char** values) {
  occupy_standard_descriptors();
  std::vector<std::string> arguments(values + 1, values + count);
  // "help topic create" is "topic create --help".
  if (arguments.size() > 1 && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  std::string command = arguments.empty() ? "" : arguments.front();
  for (const auto& [name, run] : commands)
    if (command == name) return run({arguments.begin() + 1, arguments.end()});
  if (command == "--version") {
    std::cout << "fulmar " FULMAR_VERSION "\n";
    return 0;
  }
  if (command == "help" || command == "--help" || command == "-h") {
    std::cout << usage;
    return 0;
  }
  std::vector<std::string_view> names;
  for (const auto& known : commands) names.emplace_back(known.name);
  auto unknown = "fulmar: unknown command " + command + fulmar::did_you_mean(command, names);
  std::cerr << (command.empty() ? "fulmar: a command is needed" : unknown) << "\n\n" << usage;
  return 2;
}
