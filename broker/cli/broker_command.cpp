#include "broker/cli/broker_command.h"

#include <malloc.h>
#include <sys/resource.h>

#include <boost/program_options.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <thread>
#include <tuple>

#include "broker/cli/service_notices.h"
#include "broker/security/sasl/json_web_keys.h"
#include "broker/security/tls/tls_properties.h"
#include "broker/server/broker_with_admin.h"
#include "broker/server/config/sasl_settings.h"
#include "runtime/host/disk.h"
#include "runtime/real/process.h"
#include "runtime/real/service_manager.h"
#include "runtime/real/usage.h"

namespace fulmar {

namespace {

namespace po = boost::program_options;

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

int complain(int code, const std::string& message) {
  std::cerr << "fulmar broker: " << message << "\n";
  return code;
}

// Segments and connections hold a descriptor each, and the usual soft limit of 1024 is too low.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Requests and answers are large blocks that come and go all the time, often freed by another shard's thread. Left to
// its defaults, the allocator gives each back to the kernel and pays for every page again: half of the broker's CPU
// time.
void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int mapped_block_bytes_min = 32 << 20;  // the largest the allocator takes
  constexpr int kept_bytes_max = 256 << 20;
  constexpr int grow_bytes = 16 << 20;
  mallopt(M_MMAP_THRESHOLD, mapped_block_bytes_min);
  mallopt(M_TRIM_THRESHOLD, kept_bytes_max);
  mallopt(M_TOP_PAD, grow_bytes);
#endif
}

Result<Properties> read_properties_file(const std::string& path) {
  if (std::error_code unknown; std::filesystem::is_directory(path, unknown))
    return fail(Errc::invalid_argument, path + " is a directory, and no file of properties");
  std::ifstream file(path);
  if (!file) return fail(Errc::not_found, "can't read " + path);
  std::stringstream text;
  text << file.rdbuf();
  auto properties = parse_properties(text.str());
  if (!properties) return fail(Errc::invalid_argument, path + ": " + properties.error().detail);
  return properties;
}

// Among several listeners, the one for clients; that for peers stays as it is.
void replace_client_listener(std::string& listeners, const std::string& address) {
  std::string replaced = "PLAINTEXT://" + address;
  for (auto listener : split_list(listeners))
    if (!listener.starts_with("PLAINTEXT://")) replaced += "," + std::string(listener);
  listeners = std::move(replaced);
}

Result<std::string> read_file(const std::string& what, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::not_found, "can't read " + what + " in " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The users that a new cluster begins with.
Result<std::vector<FirstUser>> read_first_users(const Properties& properties) {
  auto path = properties.find("cluster.first.users.file");
  if (path == properties.end() || path->second.empty()) return std::vector<FirstUser>();
  FULMAR_TRY(auto text, read_file("the first users", path->second));
  auto users = parse_first_users(text);
  if (!users) return fail(Errc::invalid_argument, path->second + ": " + users.error().detail);
  return std::move(*users);
}

// Removes the line end that editors append.
Result<std::string> read_secret(const std::string& path) {
  constexpr std::size_t secret_bytes_min = 16, secret_bytes_max = 4096;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::not_found, "can't read the secret in " + path);
  std::string secret(std::istreambuf_iterator<char>(file), {});
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.size() < secret_bytes_min || secret.size() > secret_bytes_max)
    return fail(Errc::invalid_argument, path + ": a secret has 16 to 4096 bytes");
  return secret;
}

// A keystore or a truststore.
Result<std::string> read_store(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string store(std::istreambuf_iterator<char>(file), {});
  if (!file) return fail(Errc::not_found, "can't read " + path);
  if (store.size() > TlsProperties::store_bytes_max) return fail(Errc::too_large, path + ": a store has at most 1 MiB");
  return store;
}

// Whether the keys for tokens, and the files of how they are fetched, are of use.
Result<void> check_token_keys(const BrokerConfig& config) {
  FULMAR_TRY(auto source, token_key_source(config.properties, config.listeners));
  if (!source) return {};
  if (source->file.empty()) {
    FULMAR_TRY_VOID(source->tls.read_files(read_store));
    return TlsContext::check(source->tls.settings, TlsEnd::client);
  }
  FULMAR_TRY(auto text, read_file("the keys", source->file));
  if (auto keys = JsonWebKeys::parse(text); !keys)
    return fail(Errc::invalid_argument, source->file + ": " + keys.error().detail);
  return {};
}

// Of a file of the broker that runs: a keystore, a truststore, or keys for tokens.
Result<std::string> read_store_again(Host& host, const std::string& path) {
  std::filesystem::path file(path);
  auto directory = real_disk_at(host, file.has_parent_path() ? file.parent_path().string() : ".");
  auto content = read_file(*directory, file.filename().string(), TlsProperties::store_bytes_max);
  if (!content) return fail(content.error().code, "can't read " + path + ": " + content.error().detail);
  return std::string(content->view());
}

// What the options say of the process' log. Errors: invalid_argument.
Result<LogOutput> log_output(const po::variables_map& given) {
  LogOutput log;
  auto wrong = [](const std::string& what) { return fail(Errc::invalid_argument, what); };
  const auto& level_name = given["log-level"].as<std::string>();
  auto level = parse_log_level(level_name);
  if (!level || *level == LogLevel::fatal)
    return wrong("--log-level must be trace, debug, info, warn or error, not " + level_name);
  log.level = *level;
  const auto& format = given["log-format"].as<std::string>();
  if (format != "text" && format != "json") return wrong("--log-format must be text or json, not " + format);
  log.format = format == "json" ? LogFormat::json : LogFormat::text;
  if (given.contains("log-file")) log.file = given["log-file"].as<std::string>();
  for (auto [option, into, min] : {std::tuple{"log-file-bytes", &log.file_bytes, LogOutput::file_bytes_min},
                                   {"log-files", &log.files, LogOutput::files_min}}) {
    if (!given.contains(option)) continue;
    if (log.file.empty()) return wrong("--" + std::string(option) + " needs --log-file");
    *into = given[option].as<std::size_t>();
    if (*into < min) return wrong("--" + std::string(option) + " must be at least " + std::to_string(min));
  }
  return log;
}

}  // namespace

int broker_command(const std::vector<std::string>& arguments) {
  std::string data_directory;
  std::string io;
  unsigned shards = 0;
  po::options_description options("fulmar broker --data-dir DIR [OPTIONS]");
  auto add = options.add_options();
  add("data-dir", po::value(&data_directory), "the directory for all that is kept; made if it is not there");
  add("listen", po::value<std::string>(), "HOST:PORT to listen at (127.0.0.1:9092); port 0 takes a free one");
  add("advertise", po::value<std::string>(), "HOST:PORT that clients are told (as listened at)");
  add("config", po::value<std::string>(), "a file of Kafka properties, NAME=VALUE");
  add("set", po::value<std::vector<std::string>>()->composing(), "one property, NAME=VALUE; may be given again");
  add("node-id", po::value<std::string>(), "the broker's number (1)");
  add("shards", po::value(&shards), "how many threads serve (one per core)");
  add("io", po::value(&io)->default_value("auto"), "auto, uring or epoll");
  add("log-level", po::value<std::string>()->default_value("info"), "trace, debug, info, warn or error");
  add("log-format", po::value<std::string>()->default_value("text"), "text or json");
  add("log-file", po::value<std::string>(), "where to log (standard error)");
  add("log-file-bytes", po::value<std::size_t>(),
      "the size at which the log's file is renamed and a new one begins (67108864)");
  add("log-files", po::value<std::size_t>(), "how many of them are kept (8)");
  add("help,h", "this text");

  po::variables_map given;
  try {
    constexpr int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::positional_options_description none;
    po::store(po::command_line_parser(arguments).options(options).positional(none).style(style).run(), given);
    po::notify(given);
  } catch (const po::too_many_positional_options_error&) {
    return complain(exit_usage, "too many operands: takes options only; see fulmar broker --help");
  } catch (const po::error& error) {
    return complain(exit_usage, std::string(error.what()) + "; see fulmar broker --help");
  }
  if (given.contains("help")) {
    std::cout << options;
    return 0;
  }
  Properties properties;
  if (given.contains("config")) {
    auto read = read_properties_file(given["config"].as<std::string>());
    if (!read) return complain(exit_usage, read.error().detail);
    properties = std::move(*read);
  }
  if (given.contains("set")) {
    for (const auto& text : given["set"].as<std::vector<std::string>>()) {
      auto read = parse_properties(text);
      if (!read) return complain(exit_usage, "--set " + text + ": expected NAME=VALUE");
      for (auto& [name, value] : *read) properties[name] = value;
    }
  }
  if (given.contains("listen")) replace_client_listener(properties["listeners"], given["listen"].as<std::string>());
  if (given.contains("advertise"))
    replace_client_listener(properties["advertised.listeners"], given["advertise"].as<std::string>());
  if (given.contains("node-id")) properties["node.id"] = given["node-id"].as<std::string>();
  for (auto name : {"log.dirs", "log.dir"})
    if (auto set = properties.find(name); set != properties.end() && data_directory.empty())
      data_directory = set->second;
  // Several directories are refused in any case, with or without --data-dir; and a path with a comma would look like
  // several.
  bool several = properties.contains("log.dirs") && split_list(properties["log.dirs"]).size() > 1;
  if (!several && !data_directory.empty() && data_directory.find(',') == std::string::npos)
    properties["log.dirs"] = data_directory;
  auto config = BrokerConfig::from(properties);
  if (!config) return complain(exit_usage, config.error().detail);
  if (data_directory.empty())
    return complain(exit_usage, "--data-dir is needed, or the property log.dirs; see fulmar broker --help");

  if (auto file = config->properties.find("cluster.secret.file"); file != config->properties.end()) {
    auto secret = read_secret(file->second);
    if (!secret) return complain(exit_usage, secret.error().detail);
    config->cluster_secret = std::move(*secret);
  }
  auto users = read_first_users(config->properties);
  if (!users) return complain(exit_usage, users.error().detail);
  config->first_users = std::move(*users);
  if (auto keys = check_token_keys(*config); !keys) return complain(exit_usage, keys.error().detail);
  auto admin = AdminSettings::from(config->properties);
  if (!admin) return complain(exit_usage, admin.error().detail);
  admin->meters = real_usage_meters();
  if (auto file = config->properties.find("admin.http.token.file"); file != config->properties.end()) {
    auto token = read_secret(file->second);
    if (!token) return complain(exit_usage, token.error().detail);
    admin->token = std::move(*token);
  }
  auto check_stores = [](const std::string& listener, ListenerTls tls) -> Result<void> {
    auto read = tls.read_files(read_store);
    if (read) read = TlsContext::check(tls.settings, TlsEnd::server);
    if (!read) return fail(read.error().code, "listener " + listener + ": " + read.error().detail);
    return {};
  };
  auto listeners = config->listeners;
  if (config->internal) listeners.push_back(*config->internal);
  for (const auto& listener : listeners)
    if (auto read = uses_tls(listener.protocol) ? check_stores(listener.name, listener.tls) : Result<void>(); !read)
      return complain(exit_usage, read.error().detail);
  if (admin->tls)
    if (auto read = check_stores("admin.http", *admin->tls); !read) return complain(exit_usage, read.error().detail);
  if (config->needs_secret())
    return complain(exit_usage, "the INTERNAL listener is at " + to_string(config->internal->listen) +
                                    ", where anybody on the network could take part in the cluster: name a file with a "
                                    "secret that its brokers share in cluster.secret.file, or listen on 127.0.0.1");

  ProcessOptions process;
  if (io == "auto")
    process.backend = IoBackend::automatic;
  else if (io == "uring")
    process.backend = IoBackend::uring;
  else if (io == "epoll")
    process.backend = IoBackend::epoll;
  else
    return complain(exit_usage, "--io must be auto, uring or epoll, not " + io);
  auto log = log_output(given);
  if (!log) return complain(exit_usage, log.error().detail);
  process.log = std::move(*log);
  constexpr unsigned shards_max = 1024;
  process.shards = given.contains("shards") ? shards : std::max(1u, std::thread::hardware_concurrency());
  if (process.shards < 1 || process.shards > shards_max) return complain(exit_usage, "--shards must be from 1 to 1024");
  auto manager = ServiceManager::from_environment();
  if (!manager)
    return complain(manager.error().code == Errc::invalid_argument ? exit_usage : exit_failed, manager.error().detail);
  std::error_code error;
  std::filesystem::create_directories(data_directory, error);
  if (error) return complain(exit_failed, "can't make " + data_directory + ": " + error.message());
  process.data_directory = data_directory;
  raise_descriptor_limit();
  keep_freed_memory();

  auto code = run_real_process(process, [&](Host& host) {
    ServiceNotices notices(host, *manager);
    auto ran = run_broker(host, *config, *admin, notices.news(), nullptr, read_store_again);
    return ran ? 0 : complain(exit_failed, ran.error().detail);
  });
  return code ? *code : complain(exit_failed, code.error().detail);
}

}  // namespace fulmar
