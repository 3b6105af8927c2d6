// Load of groups and transactions: fulmar-groups ADDRESS WHAT [ARGUMENT]...
//   rebalance classic|consumer TOPIC PARTITIONS MEMBERS
//     how long until all members have their partitions, when all join at once, and when one more joins
//   commits TOPIC CLIENTS SECONDS
//     how many commits succeed, each of one offset of a group of its own
//   fill TOPIC PARTITIONS GROUPS
//     commits an offset of each partition for each group
//   answered GROUP
//     waits until the group's offsets can be fetched; how many there are
//   coordinator GROUP
//     the broker's number
//   pipe once|again FROM TO RECORDS BATCH
//     copies records from a partition to another, BATCH at a time: in transactions that commit the offset, or with
//     plain commits
// Prints one line.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "broker/client/consumer.h"
#include "broker/client/consumer_member.h"
#include "broker/client/group_admin.h"
#include "broker/client/group_member.h"
#include "broker/client/producer.h"
#include "broker/client/transactional_producer.h"
#include "broker/cluster/properties.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "runtime/real/process.h"

namespace fulmar {
namespace {

constexpr Duration settled_max = seconds(300);
constexpr Duration look_interval = milliseconds(5);
constexpr milliseconds heartbeat_interval{3000};  // as Kafka's clients do

[[noreturn]] void fail_with(const std::string& why) {
  std::fprintf(stderr, "fulmar-groups: %s\n", why.c_str());
  std::_Exit(1);
}

template <class T>
T need(Answer<T> answer) {
  if (!answer) fail_with(to_string(answer.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*answer);
}

std::int64_t number(const std::string& text) {
  auto value = parse_integer(text);
  if (!value) fail_with("not a number: " + text);
  return *value;
}

double seconds_since(Host& host, Instant begun) {
  return static_cast<double>((host.clock().now() - begun).count()) / 1e9;
}

ClusterClientOptions options_of(const SocketAddress& address) {
  ClusterClientOptions options;
  options.bootstrap = {address};
  options.request_timeout = seconds(120);  // a JoinGroup is answered when all members are there
  options.patience = seconds(120);
  return options;
}

// A member of a group of either protocol, in a fiber of its own, with a connection of its own.
class Member {
 public:
  virtual ~Member() = default;
  virtual void run() = 0;
  // The partitions that it has, if those are what the coordinator wants it to have; nullopt while it rebalances.
  virtual std::optional<std::size_t> settled_with() const = 0;
  bool stop = false;
};

class ClassicMember final : public Member {
 public:
  ClassicMember(Host& host, const SocketAddress& address, std::int64_t partitions)
      : host_(host),
        cluster_(host, options_of(address)),
        partitions_(partitions),
        member_(host, cluster_, member_options()) {}

  void run() override {
    while (!stop) {
      if (!join_and_sync()) {
        host_.clock().sleep_for(look_interval);
        continue;
      }
      while (!stop && member_.heartbeat()) host_.clock().sleep_for(heartbeat_interval);
      has_.reset();
    }
    (void)member_.leave();
  }
  std::optional<std::size_t> settled_with() const override { return has_; }

 private:
  static GroupMemberOptions member_options() {
    GroupMemberOptions options;
    options.group = "rebalanced";
    options.protocols = {{"counted", Bytes()}};
    return options;
  }
  bool join_and_sync() {
    auto joined = member_.join();
    if (!joined) return false;
    std::vector<SyncGroupRequest::Assignment> assignments;
    const auto members = std::ssize(joined->members);
    for (std::int64_t n = 0; n < members; ++n) {
      auto count = partitions_ / members + (n < partitions_ % members ? 1 : 0);
      assignments.push_back(
          {joined->members[static_cast<std::size_t>(n)].member_id, Bytes::copy_of(std::to_string(count))});
    }
    auto assigned = member_.sync(std::move(assignments));
    if (!assigned) return false;
    has_ = static_cast<std::size_t>(number(std::string(assigned->view())));
    return true;
  }

  Host& host_;
  ClusterClient cluster_;
  std::int64_t partitions_;
  GroupMember member_;
  std::optional<std::size_t> has_;
};

class NewMember final : public Member {
 public:
  NewMember(Host& host, const SocketAddress& address, const std::string& topic)
      : host_(host), cluster_(host, options_of(address)), member_(host, cluster_, member_options(topic), id(host)) {}

  void run() override {
    while (!stop) {
      auto interval = member_.heartbeat(has_);
      bool changed = has_ != member_.assigned();
      told_ = interval && !changed;
      // It gives up and takes at once, and says so at once.
      has_ = member_.assigned();
      if (!changed) host_.clock().sleep_for(interval ? *interval : milliseconds(100));
    }
    (void)member_.leave(false);
  }
  std::optional<std::size_t> settled_with() const override {
    if (!told_) return std::nullopt;
    std::size_t count = 0;
    for (const auto& [topic, indexes] : has_) count += indexes.size();
    return count;
  }

 private:
  static ConsumerMemberOptions member_options(const std::string& topic) {
    ConsumerMemberOptions options;
    options.group = "rebalanced";
    options.topics = {topic};
    return options;
  }
  static Uuid id(Host& host) { return {host.entropy().next(), host.entropy().next()}; }

  Host& host_;
  ClusterClient cluster_;
  ConsumerMember member_;
  ConsumerMember::Partitions has_;
  bool told_ = false;
};

class Rebalancing {
 public:
  Rebalancing(Host& host, const SocketAddress& address, const std::vector<std::string>& arguments)
      : host_(host),
        address_(address),
        classic_(arguments.at(0) == "classic"),
        topic_(arguments.at(1)),
        partitions_(number(arguments.at(2))) {}

  std::string run(std::int64_t count) {
    auto begun = host_.clock().now();
    for (std::int64_t n = 0; n < count; ++n) join();
    await_all();
    auto all = seconds_since(host_, begun);
    begun = host_.clock().now();
    join();
    await_all();
    auto one = seconds_since(host_, begun);
    for (auto& member : members_) member->stop = true;
    char line[200];
    std::snprintf(line, sizeof line, "rebalance, %s, %lld members, %lld partitions: all join %.2f s, one more %.2f s",
                  classic_ ? "classic" : "KIP-848", static_cast<long long>(count), static_cast<long long>(partitions_),
                  all, one);
    return line;
  }

 private:
  void join() {
    if (classic_)
      members_.push_back(std::make_unique<ClassicMember>(host_, address_, partitions_));
    else
      members_.push_back(std::make_unique<NewMember>(host_, address_, topic_));
    fibers_.spawn("member", [member = members_.back().get()] { member->run(); });
  }
  // Until every partition has an owner, and each member its share.
  void await_all() {
    const auto least = static_cast<std::size_t>(partitions_ / std::ssize(members_));
    auto settled = [&] {
      std::size_t total = 0;
      for (const auto& member : members_) {
        auto has = member->settled_with();
        if (!has || *has < least || *has > least + 1) return false;
        total += *has;
      }
      return total == static_cast<std::size_t>(partitions_);
    };
    auto deadline = host_.clock().now() + settled_max;
    while (!settled()) {
      if (host_.clock().now() > deadline) fail_with("the group does not settle");
      host_.clock().sleep_for(look_interval);
    }
  }

  Host& host_;
  const SocketAddress address_;
  const bool classic_;
  const std::string topic_;
  const std::int64_t partitions_;
  std::vector<std::unique_ptr<Member>> members_;
  FiberGroup fibers_;
};

std::string commit_all_the_time(Host& host, const SocketAddress& address, const std::vector<std::string>& arguments) {
  const auto clients = number(arguments.at(1));
  const auto length = seconds(number(arguments.at(2)));
  std::int64_t commits = 0;
  auto begun = host.clock().now();
  {
    FiberGroup fibers;
    for (std::int64_t n = 0; n < clients; ++n)
      fibers.spawn("client", [&, n] {
        ClusterClient cluster(host, options_of(address));
        GroupMemberOptions options;
        options.group = "committing-" + std::to_string(n);
        GroupMember member(host, cluster, options);
        for (Offset offset = 0; host.clock().now() - begun < length; ++offset) {
          auto committed = member.commit({{{arguments.at(0), 0}, offset}});
          if (committed && committed->begin()->second == ErrorCode::none) ++commits;
        }
      });
    fibers.join();
  }
  return std::to_string(commits);
}

std::string fill_offsets(Host& host, const SocketAddress& address, const std::vector<std::string>& arguments) {
  constexpr std::int64_t at_once = 8;
  const auto partitions = number(arguments.at(1));
  const auto groups = number(arguments.at(2));
  std::int64_t next = 0;
  auto begun = host.clock().now();
  FiberGroup fibers;
  for (std::int64_t n = 0; n < at_once; ++n)
    fibers.spawn("client", [&] {
      ClusterClient cluster(host, options_of(address));
      while (next < groups) {
        GroupOffsets offsets;
        for (std::int32_t i = 0; i < partitions; ++i) offsets[{arguments.at(0), i}] = i;
        auto group = "filled-" + std::to_string(next++);
        auto refused = need(commit_offsets(cluster, group, offsets));
        if (!refused.empty()) fail_with("an offset was refused");
      }
    });
  fibers.join();
  char line[120];
  std::snprintf(line, sizeof line, "%lld offsets committed in %.2f s", static_cast<long long>(partitions * groups),
                seconds_since(host, begun));
  return line;
}

std::string await_offset(Host& host, const SocketAddress& address, const std::vector<std::string>& arguments) {
  ClusterClient cluster(host, options_of(address));
  auto offsets = need(committed_offsets(cluster, arguments.at(0)));
  return std::to_string(offsets.size());
}

std::string find_coordinator(Host& host, const SocketAddress& address, const std::vector<std::string>& arguments) {
  ClusterClient cluster(host, options_of(address));
  return std::to_string(need(cluster.coordinator_of(arguments.at(0), host.clock().deadline_in(settled_max))));
}

class Pipe {
 public:
  Pipe(Host& host, const SocketAddress& address, const std::vector<std::string>& arguments)
      : once_(arguments.at(0) == "once"),
        from_(arguments.at(1)),
        to_(arguments.at(2)),
        records_(number(arguments.at(3))),
        batch_(number(arguments.at(4))),
        host_(host),
        address_(address),
        cluster_(host, options_of(address)) {}

  std::string run() {
    ConsumerOptions reading;
    reading.committed_only = once_;
    ClusterClient source(host_, options_of(address_));
    Consumer consumer(host_, source, reading, from_);
    consumer.assign(0, 0);
    TransactionalProducerOptions transactional;
    transactional.transactional_id = "pipe";
    TransactionalProducer writer(host_, cluster_, transactional);
    Producer plain(host_, cluster_, {});
    GroupMemberOptions group;
    group.group = "pipe";
    GroupMember member(host_, cluster_, group);
    if (once_) need(writer.init());
    auto begun = host_.clock().now();
    std::int64_t copied = 0;
    std::vector<ReadRecord> read;
    for (std::size_t taken = 0; copied < records_;) {
      std::vector<Record> out;
      Offset next = 0;
      while (std::ssize(out) < std::min(batch_, records_ - copied)) {
        if (taken == read.size()) {
          read.clear();
          taken = 0;
          for (auto& part : need(consumer.poll())) read = std::move(part.records);
          continue;
        }
        const auto& value = read[taken].value;
        auto& record = out.emplace_back();
        if (value) record.value = std::string(value->view());
        next = read[taken++].offset + 1;
      }
      copied += std::ssize(out);
      if (once_) {
        need(writer.send(to_, 0, out));
        need(writer.commit_offsets("pipe", {{{from_, 0}, next}}));
        need(writer.end(true));
      } else {
        if (plain.send(to_, 0, out).outcome != Delivery::Outcome::ok) fail_with("not written");
        need(member.commit({{{from_, 0}, next}}));
      }
    }
    char line[160];
    std::snprintf(line, sizeof line, "%s, %lld records, %lld at a time: %.0f records/s",
                  once_ ? "exactly once" : "at least once", static_cast<long long>(records_),
                  static_cast<long long>(batch_), static_cast<double>(copied) / seconds_since(host_, begun));
    return line;
  }

 private:
  const bool once_;
  const std::string from_;
  const std::string to_;
  const std::int64_t records_;
  const std::int64_t batch_;
  Host& host_;
  const SocketAddress address_;
  ClusterClient cluster_;
};

std::string run(Host& host, const SocketAddress& address, const std::string& what,
                const std::vector<std::string>& arguments) {
  if (what == "rebalance" && arguments.size() == 4)
    return Rebalancing(host, address, arguments).run(number(arguments[3]));
  if (what == "commits" && arguments.size() == 3) return commit_all_the_time(host, address, arguments);
  if (what == "fill" && arguments.size() == 3) return fill_offsets(host, address, arguments);
  if (what == "answered" && arguments.size() == 1) return await_offset(host, address, arguments);
  if (what == "coordinator" && arguments.size() == 1) return find_coordinator(host, address, arguments);
  if (what == "pipe" && arguments.size() == 5) return Pipe(host, address, arguments).run();
  fail_with("no such load, or not with so many arguments: " + what);
}

}  // namespace
}  // namespace fulmar

int main(int argc, char** argv) {
  using namespace fulmar;
  if (argc < 3) fail_with("needs an address and a load; see bench/groups.cpp");
  auto address = parse_host_port(argv[1]);
  if (!address) fail_with(to_string(address.error()));
  ProcessOptions process;
  process.log.level = LogLevel::error;
  auto code = run_real_process(process, [&](Host& host) {
    std::printf("%s\n", run(host, *address, argv[2], {argv + 3, argv + argc}).c_str());
    return 0;
  });
  if (!code) fail_with(code.error().detail);
  return *code;
}
