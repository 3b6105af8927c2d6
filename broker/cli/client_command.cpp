#include "broker/cli/client_command.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "broker/cluster/properties.h"
#include "runtime/base/did_you_mean.h"
#include "runtime/real/process.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr unsigned help_width = 120;
constexpr std::int32_t timeout_seconds_max = 86400;

Result<std::vector<SocketAddress>> parse_bootstrap(const std::string& text) {
  std::vector<SocketAddress> addresses;
  for (std::size_t begin = 0; begin <= text.size();) {
    auto end = std::min(text.find(',', begin), text.size());
    FULMAR_TRY(auto address, parse_host_port(std::string_view(text).substr(begin, end - begin)));
    if (address.host.empty() || address.port == 0)
      return fail(Errc::invalid_argument, "expected HOST:PORT, got " + text.substr(begin, end - begin));
    addresses.push_back(std::move(address));
    begin = end + 1;
  }
  return addresses;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::not_found, "can't read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// From a file of properties, as Kafka's tools take it.
Result<ClientSecurity> read_security(const std::string& path) {
  FULMAR_TRY(auto text, read_file(path));
  FULMAR_TRY(auto properties, parse_properties(text));
  FULMAR_TRY(auto security, ClientSecurity::from(properties));
  FULMAR_TRY_VOID(security.tls.read_files(read_file));
  if (uses_tls(security.protocol)) FULMAR_TRY_VOID(TlsContext::check(security.tls.settings, TlsEnd::client));
  if (security.token_file.empty()) return security;
  FULMAR_TRY(auto token, read_file(security.token_file));
  security.token = trim(token);
  return security;
}

}  // namespace

ClientCommand::ClientCommand(std::string name, std::string operand, const std::string& what)
    : name_("fulmar " + std::move(name)),
      operand_name_(std::move(operand)),
      what_(what),
      shown_("Options", help_width) {
  auto add = options();
  add("bootstrap", po::value(&bootstrap_)->default_value("127.0.0.1:9092")->value_name("HOST:PORT,..."),
      "brokers to find the cluster by; one that answers is enough");
  add("command-config", po::value(&security_file_)->value_name("FILE"),
      "properties of the connections: security.protocol, sasl.mechanism, sasl.jaas.config, ssl.truststore.location");
  add("timeout", po::value(&timeout_seconds_)->default_value(30)->value_name("SECONDS"),
      "how long errors that may pass are tried again");
  add("help,h", "this text");
}

void ClientCommand::lists() {
  options()("output", po::value(&output_)->default_value("text")->value_name("text|json"), "how it is printed");
}

std::optional<int> ClientCommand::parse(const std::vector<std::string>& arguments) {
  po::options_description all;
  all.add(shown_);
  po::positional_options_description positional;
  bool optional = operand_name_.starts_with('[');
  bool any_number = optional || operand_name_.ends_with("...");
  if (!operand_name_.empty()) {
    all.add_options()(operand_name_.c_str(), po::value(&operands_));
    positional.add(operand_name_.c_str(), any_number ? -1 : 1);
  }
  try {
    constexpr int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(all).positional(positional).style(style).run(), given_);
    po::notify(given_);
  } catch (const po::too_many_positional_options_error&) {
    return wrong(operand_name_.empty() ? "too many operands: takes options only"
                                       : "too many operands: takes one " + operand_name_);
  } catch (const po::error& error) {
    return wrong(error.what());
  }
  if (given("help")) {
    std::cout << name_ << (operand_name_.empty() ? "" : " " + operand_name_) << " [OPTIONS]\n\n"
              << what_ << "\n\n"
              << shown_;
    return 0;
  }
  auto is_empty = [](const std::string& operand) { return operand.empty(); };
  if (!operand_name_.empty() && !optional && (operands_.empty() || std::ranges::any_of(operands_, is_empty)))
    return wrong(operand_name_.substr(0, operand_name_.find('.')) + " is needed");
  if (!output_.empty() && output_ != "text" && output_ != "json")
    return wrong("--output must be text or json, not " + output_);
  auto bootstrap = parse_bootstrap(bootstrap_);
  if (!bootstrap) return wrong("--bootstrap: " + bootstrap.error().detail);
  if (timeout_seconds_ < 1 || timeout_seconds_ > timeout_seconds_max)
    return wrong("--timeout must be from 1 to " + std::to_string(timeout_seconds_max) + " seconds");
  if (!security_file_.empty()) {
    auto security = read_security(security_file_);
    if (!security) return wrong("--command-config " + security_file_ + ": " + security.error().detail);
    cluster_.security = std::move(*security);
  }
  cluster_.bootstrap = std::move(*bootstrap);
  cluster_.patience = seconds(timeout_seconds_);
  // Who asks for little patience, such as a health check, has it with a broker that does not answer at all too.
  cluster_.connect_timeout = std::min(cluster_.connect_timeout, cluster_.patience);
  return std::nullopt;
}

int ClientCommand::wrong(const std::string& message) const {
  std::cerr << name_ << ": " << message << "; see " << name_ << " --help\n";
  return exit_usage;
}

void ClientCommand::tell(const std::string& progress) const {
  std::cerr << name_ << ": " << progress << "\n";
}

Answer<void> ClientCommand::print(const Table& table) const {
  return as_json() ? print(table.json()) : fulmar::print(table.text());
}

Answer<void> ClientCommand::print(const Json& json) const {
  return fulmar::print(json_text(json, 2) + "\n");
}

int ClientCommand::run(const std::function<Answer<void>(Host&, ClusterClient&)>& body) const {
  auto complain = [&](const std::string& message) {
    std::cerr << name_ << ": " << message << "\n";
    return exit_failed;
  };
  ProcessOptions process;
  process.log.level = LogLevel::error;
  process.handle_signals = handles_signals_;
  auto code = run_real_process(process, [&](Host& host) {
    ClusterClient cluster(host, cluster_);
    auto done = body(host, cluster);
    return done ? 0 : complain(to_string(done.error()));
  });
  return code ? *code : complain(code.error().detail);
}

int run_subcommand(const std::string& family, const std::vector<Subcommand>& members,
                   const std::vector<std::string>& arguments) {
  auto name = arguments.empty() ? "" : arguments.front();
  for (const auto& member : members)
    if (name == member.name) return member.run({arguments.begin() + 1, arguments.end()});
  bool help = name == "--help" || name == "-h" || name == "help";
  auto& out = help ? std::cout : std::cerr;
  if (!help) {
    std::vector<std::string_view> names;
    for (const auto& member : members) names.emplace_back(member.name);
    auto unknown = "unknown command " + name + did_you_mean(name, names);
    out << "fulmar " << family << ": " << (name.empty() ? "which one?" : unknown) << "\n\n";
  }
  for (const auto& member : members) out << "  fulmar " << family << " " << member.synopsis << "\n";
  out << "\neach with --help\n";
  return help ? 0 : exit_usage;
}

Answer<void> print(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    auto written = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno == EAGAIN) {  // another process that shares it made it non-blocking
      pollfd waiting{STDOUT_FILENO, POLLOUT, 0};
      poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return refuse(ErrorCode::none, std::string("standard output: ") + std::strerror(errno));
    }
  }
  return {};
}

}  // namespace fulmar
