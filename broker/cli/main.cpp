// fulmar: the production binary.
#include <iostream>
#include <string>
#include <vector>

#include "broker/cli/broker_command.h"

namespace {

constexpr const char* usage =
    "fulmar, a message broker that speaks the Kafka protocol\n"
    "\n"
    "  fulmar broker --data-dir DIR [OPTIONS]   run a broker; fulmar broker --help lists the options\n"
    "  fulmar --version\n"
    "  fulmar help\n";

}  // namespace

int main(int count, char** values) {
  std::vector<std::string> arguments(values + 1, values + count);
  std::string command = arguments.empty() ? "" : arguments.front();
  if (command == "broker") return fulmar::broker_command({arguments.begin() + 1, arguments.end()});
  if (command == "--version") {
    std::cout << "fulmar " FULMAR_VERSION "\n";
    return 0;
  }
  if (command == "help" || command == "--help") {
    std::cout << usage;
    return 0;
  }
  std::cerr << (command.empty() ? "fulmar: a command is needed" : "fulmar: unknown command " + command) << "\n\n"
            << usage;
  return 2;
}
