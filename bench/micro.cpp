// fulmar-bench: the cost of single parts, one line each. The figures are in docs/performance.md, with this command.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "broker/log/log_manager.h"
#include "broker/protocol/message.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/reader.h"
#include "broker/protocol/record_builder.h"
#include "broker/security/authorizer.h"
#include "runtime/fiber/mutex.h"
#include "runtime/host/clock.h"
#include "runtime/real/process.h"
#include "sim/world.h"

namespace fulmar {
namespace {

using Steady = std::chrono::steady_clock;

double seconds_of(const std::function<void()>& work) {
  auto begun = Steady::now();
  work();
  return std::chrono::duration<double>(Steady::now() - begun).count();
}

void per_item(const char* what, double count, double seconds) {
  std::printf("%-58s %10.1f ns %12.2f M/s\n", what, seconds * 1e9 / count, count / seconds / 1e6);
  std::fflush(stdout);
}

void per_byte(const char* what, double bytes, double seconds) {
  std::printf("%-58s %10.2f GB/s\n", what, bytes / seconds / 1e9);
  std::fflush(stdout);
}

void bench_fibers(Host& host) {
  constexpr int rounds = 2'000'000;
  per_item("fiber switch (yield between two fibers)", 2 * rounds, seconds_of([&] {
             FiberGroup group;
             for (int f = 0; f < 2; ++f)
               group.spawn("yielder", [] {
                 for (int i = 0; i < rounds; ++i) Scheduler::current().yield();
               });
             group.join();
           }));
  per_item("fiber start and end", rounds, seconds_of([&] {
             for (int i = 0; i < rounds / 100; ++i) {
               FiberGroup group;
               for (int f = 0; f < 100; ++f) group.spawn("short", [] {});
               group.join();
             }
           }));
  per_item("timer: sleep, armed and fired, 1000 at once", 1000 * 200, seconds_of([&] {
             FiberGroup group;
             for (int f = 0; f < 1000; ++f)
               group.spawn("sleeper", [&] {
                 for (int i = 0; i < 200; ++i) host.clock().sleep_for(nanoseconds(1));
               });
             group.join();
           }));
  if (host.shard_count() > 1) {
    constexpr int calls = 100'000;
    per_item("call to another shard and back, one at a time", calls, seconds_of([&] {
               for (int i = 0; i < calls; ++i) host.on_shard(1, [](Host&) {});
             }));
    per_item("call to another shard and back, 100 at a time", 10 * calls, seconds_of([&] {
               FiberGroup group;
               for (int f = 0; f < 100; ++f)
                 group.spawn("caller", [&] {
                   for (int i = 0; i < calls / 10; ++i) host.on_shard(1, [](Host&) {});
                 });
               group.join();
             }));
  }
}

void bench_simulator() {
  World world(1, LogLevel::error);
  auto& node = world.add_node("node");
  node.start(1, [](Host& host) {
    FiberGroup group;
    for (int f = 0; f < 100; ++f)
      group.spawn("sleeper", [&] {
        for (;;) host.clock().sleep_for(microseconds(10));
      });
    group.join();
    return 0;
  });
  double seconds = seconds_of([&] { world.run_for(milliseconds(300)); });
  per_item("simulated event (timers and fibers)", static_cast<double>(world.trace().events()), seconds);
}

void bench_protocol() {
  std::vector<Record> records(64, Record{std::nullopt, std::string(1024, 'x'), 1, {}});
  auto batch = build_batch(records);
  ProduceRequest request;
  request.acks = -1;
  request.topics.push_back({"orders", {{0, ByteChain(batch)}}});
  auto frame = request_frame(request, 9, 1, "client").flatten();
  constexpr int rounds = 500'000;
  per_item("produce request of 64 KiB: encode", rounds, seconds_of([&] {
             for (int i = 0; i < rounds; ++i) request_frame(request, 9, 1, "client");
           }));
  per_item("produce request of 64 KiB: decode", rounds, seconds_of([&] {
             for (int i = 0; i < rounds; ++i) {
               Reader reader(frame.slice(4));
               (void)read_request_header(reader).has_value();
               (void)decode<ProduceRequest>(reader, 9).has_value();
             }
           }));
  per_byte("validate a batch of 64 records of 1 KiB", 100'000.0 * static_cast<double>(batch.size()), seconds_of([&] {
             for (int i = 0; i < 100'000; ++i) (void)validate_produced(batch).has_value();
           }));
}

// What a request costs that needs one decision, with lists of so many entries: of 100 users, on topics and on what
// their names begin with, a few of everybody.
void bench_authorizer(int entries) {
  AuthorizerSettings settings;
  settings.enabled = true;
  AclSet acls;
  for (int i = 0; i < entries; ++i) {
    auto user = i % 100 == 0 ? std::string(acl_any_principal) : "User:user-" + std::to_string(i % 100);
    auto pattern = i % 10 == 0 ? AclPatternType::prefixed : AclPatternType::literal;
    acls.add({AclResourceType::topic, pattern, "team-" + std::to_string(i / 10) + "-topic", user, "*",
              i % 3 == 0 ? AclOperation::write : AclOperation::read, AclPermission::allow});
  }
  constexpr int rounds = 300'000;
  const Principal principal{"User", "user-7"};
  auto name = [&](int i) { return "team-" + std::to_string(i % (entries / 10)) + "-topic"; };
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back(name(i * 37));
  int allowed = 0;
  auto title = "decision on a topic, of " + std::to_string(entries) + " entries";
  per_item(title.c_str(), rounds, seconds_of([&] {
             Authorizer authorizer(settings, acls, principal, "10.0.0.1");
             for (int i = 0; i < rounds; ++i)
               allowed += authorizer.allows(AclOperation::read, AclResourceType::topic, names[i % 1000]);
           }));
  title = "the same, of a request of its own";
  per_item(title.c_str(), rounds, seconds_of([&] {
             for (int i = 0; i < rounds; ++i) {
               Authorizer authorizer(settings, acls, principal, "10.0.0.1");
               allowed += authorizer.allows(AclOperation::read, AclResourceType::topic, names[i % 1000]);
             }
           }));
  if (allowed == 0) std::printf("nothing was allowed: the entries are wrong\n");
}

void bench_log(Host& host) {
  std::vector<Record> records(64, Record{std::nullopt, std::string(1024, 'x'), 1, {}});
  auto batch = build_batch(records);
  auto header = validate_produced(batch).value();
  LogManager manager(host, {});
  constexpr int batches = 20'000;
  LogConfig cached;
  cached.flush_messages = std::numeric_limits<std::int64_t>::max();
  auto log = manager.open("bench-0", cached, false).value();
  per_byte("log append, page cache, 64 KiB batches", static_cast<double>(batch.size()) * batches, seconds_of([&] {
             for (int i = 0; i < batches; ++i) (void)log->append(header, batch, 0).has_value();
           }));
  std::uint64_t read = 0;
  double seconds = seconds_of([&] {
    for (Offset at = 0; at < log->kept_end();) {
      auto bytes = log->read(at, log->kept_end(), 1 << 20, true).value();
      read += bytes.size();
      at += static_cast<Offset>(bytes.size() / batch.size()) * 64;
    }
  });
  per_byte("log read, from the page cache, 1 MiB at a time", static_cast<double>(read), seconds);
  auto synced = manager.open("bench-1", {}, false).value();
  constexpr int appends = 2000;
  per_item("log append, synced, 32 fibers, 64 KiB batches", appends, seconds_of([&] {
             FiberGroup group;
             for (int f = 0; f < 32; ++f)
               group.spawn("appender", [&] {
                 for (int i = 0; i < appends / 32; ++i) {
                   auto appended = synced->append(header, batch, 0);
                   if (appended) synced->wait_stable(appended->last_offset + 1, Deadline::never());
                 }
               });
             group.join();
           }));
}

void in_world(IoBackend backend, const char* name, const std::function<void(Host&)>& body) {
  auto directory = std::filesystem::temp_directory_path() / "fulmar-bench";
  std::filesystem::create_directories(directory);
  ProcessOptions options{.data_directory = directory,
                         .shards = 2,
                         .backend = backend,
                         .log = {.level = LogLevel::error},
                         .handle_signals = false};
  std::printf("-- %s\n", name);
  auto code = run_real_process(options, [&](Host& host) {
    body(host);
    return 0;
  });
  if (!code) std::printf("%s\n", to_string(code.error()).c_str());
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace fulmar

int main() {
  using namespace fulmar;
  bench_protocol();
  for (int entries : {10, 1'000, 10'000, 100'000}) bench_authorizer(entries);
  bench_simulator();
  in_world(IoBackend::uring, "io_uring", [](Host& host) {
    bench_fibers(host);
    bench_log(host);
  });
  in_world(IoBackend::epoll, "epoll", [](Host& host) {
    bench_fibers(host);
    bench_log(host);
  });
  return 0;
}
