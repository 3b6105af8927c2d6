// Partitions are opened independently: one whose files are stuck delays no other.
#include <set>

#include "broker/protocol/error_code.h"
#include "broker_test_kit.h"
#include "runtime/fiber/event.h"
#include "runtime/host/disk.h"

namespace fulmar {
namespace {

// A disk on which operations on some directories wait until these are released.
class StickyDisk final : public Disk {
 public:
  explicit StickyDisk(Disk& disk) : disk_(disk) {}

  void stick(const std::string& directory) { stuck_.insert(directory); }
  void let_go_on() {
    stuck_.clear();
    unstuck_.set();
  }

  Result<std::unique_ptr<File>> open(std::string_view path, OpenMode mode) override {
    wait(path);
    return disk_.open(path, mode);
  }
  Result<void> rename(std::string_view from, std::string_view to) override {
    wait(from);
    return disk_.rename(from, to);
  }
  Result<void> remove(std::string_view path) override {
    wait(path);
    return disk_.remove(path);
  }
  Result<void> remove_directory(std::string_view path) override {
    wait(path);
    return disk_.remove_directory(path);
  }
  Result<void> create_directory(std::string_view path) override {
    wait(path);
    return disk_.create_directory(path);
  }
  Result<std::vector<DirectoryEntry>> list(std::string_view path) override {
    wait(path);
    return disk_.list(path);
  }
  Result<void> sync_directory(std::string_view path) override {
    wait(path);
    return disk_.sync_directory(path);
  }
  Result<DiskSpace> space() override { return disk_.space(); }
  std::string name() const override { return disk_.name(); }
  Result<std::unique_ptr<File>> lock(std::string_view path) override { return disk_.lock(path); }

 private:
  void wait(std::string_view path) {
    if (stuck_.contains(path.substr(0, path.find('/')))) unstuck_.wait();
  }

  Disk& disk_;
  std::set<std::string, std::less<>> stuck_;
  Event unstuck_;
};

// A process of one shard with that disk.
class StickyHost final : public Host {
 public:
  explicit StickyHost(Host& host) : sticky(host.disk()), host_(host) {}

  unsigned shard() const override { return 0; }
  unsigned shard_count() const override { return 1; }
  Clock& clock() override { return host_.clock(); }
  Disk& disk() override { return sticky; }
  Network& network() override { return host_.network(); }
  Entropy& entropy() override { return host_.entropy(); }
  Logger& log() override { return host_.log(); }
  Descriptors descriptors() override { return host_.descriptors(); }
  Event& stop_requested() override { return host_.stop_requested(); }
  void post(unsigned, FiberGroup* group, std::move_only_function<void(Host&)> fn) override {
    host_.post(0, group, [this, fn = std::move(fn)](Host&) mutable { fn(*this); });
  }

  StickyDisk sticky;

 private:
  void run_on(unsigned, FiberGroup*, RemoteCall&) override { FAIL() << "there is one shard"; }

  Host& host_;
};

// A broker of one shard; operations on the named directories of its disk are stuck from its start on.
class StickyBroker {
 public:
  StickyBroker() {
    it.broker.kill();
    start({});
  }

  void start(std::vector<std::string> stuck) {
    it.ready = false;
    it.broker.start(1, [this, stuck = std::move(stuck)](Host& host) {
      StickyHost sticky(host);
      disk = &sticky.sticky;
      for (const auto& directory : stuck) disk->stick(directory);
      auto ran = run_broker(sticky, it.config, {.ready = [this](const SocketAddress&) { it.ready = true; }});
      disk = nullptr;
      return ran ? 0 : 1;
    });
    it.world.run_until([this] { return it.ready || !it.broker.running(); }, it.world.now() + seconds(60));
    EXPECT_TRUE(it.ready);
  }
  void restart(std::vector<std::string> stuck) {
    it.broker.power_loss();
    start(std::move(stuck));
  }
  // From a client's fiber.
  void from_outside(Host& host, std::function<void()> what) {
    it.world.at(it.world.now(), std::move(what));
    host.clock().sleep_for(milliseconds(1));
  }
  void let_go_on(Host& host) {
    from_outside(host, [this] { disk->let_go_on(); });
  }

  BrokerWorld it{{}, 1};
  StickyDisk* disk = nullptr;
};

CreateTopicsResponse::Topic create_within(Peer& peer, const std::string& name, std::int32_t timeout_ms) {
  CreateTopicsRequest request;
  request.timeout_ms = timeout_ms;
  request.topics.push_back({name, 1, 1, {}, {}});
  return peer.call<CreateTopicsResponse>(request, 7).topics.at(0);
}

ErrorCode produced(Peer& peer, const std::string& topic) {
  return produce(peer, topic, 0, batch_of(1, "x")).error_code;
}

// Retries as clients do while the error is retriable; for at most that long.
ErrorCode produced_within(Peer& peer, const std::string& topic, Duration patience) {
  auto& clock = peer.host().clock();
  auto give_up = clock.now() + patience;
  for (;;) {
    auto error = produced(peer, topic);
    if (error != ErrorCode::not_leader_or_follower || clock.now() >= give_up) return error;
    clock.sleep_for(milliseconds(10));
  }
}

TEST(StuckFile, DelaysNobodyElsesCreationNorRemoval) {
  StickyBroker broker;
  broker.it.run([&](Host& host) {
    Peer peer(host);
    ASSERT_EQ(create_topic(peer, "before", 1).error_code, ErrorCode::none);
    broker.from_outside(host, [&] { broker.disk->stick("stuck-0"); });
    EXPECT_EQ(create_within(peer, "stuck", 500).error_code, ErrorCode::request_timed_out);
    EXPECT_EQ(metadata(peer, {"stuck"}).topics.at(0).partitions.at(0).leader_id, -1);
    EXPECT_EQ(produced(peer, "stuck"), ErrorCode::not_leader_or_follower);

    auto begun = host.clock().now();
    EXPECT_EQ(create_topic(peer, "after", 20).error_code, ErrorCode::none);
    EXPECT_EQ(produced(peer, "after"), ErrorCode::none);
    EXPECT_EQ(produced(peer, "before"), ErrorCode::none);
    DeleteTopicsRequest deletion;
    deletion.topic_names = {"before"};
    EXPECT_EQ(peer.call<DeleteTopicsResponse>(deletion, 4).responses.at(0).error_code, ErrorCode::none);
    EXPECT_EQ(create_topic(peer, "before", 1).error_code, ErrorCode::none) << "made again";
    EXPECT_EQ(produced(peer, "before"), ErrorCode::none);
    EXPECT_LT(host.clock().now() - begun, seconds(2));

    broker.let_go_on(host);
    EXPECT_EQ(produced_within(peer, "stuck", seconds(1)), ErrorCode::none);
  });
}

TEST(StuckFile, ATopicThatIsDeletedAndMadeAgainMeanwhileIsTheNewOneInTheEnd) {
  StickyBroker broker;
  broker.it.run([&](Host& host) {
    Peer peer(host);
    ASSERT_EQ(create_topic(peer, "t", 1).error_code, ErrorCode::none);
    EXPECT_EQ(produced(peer, "t"), ErrorCode::none);
    broker.from_outside(host, [&] { broker.disk->stick("t-0"); });
    for (int round = 0; round < 3; ++round) {
      DeleteTopicsRequest deletion;
      deletion.topic_names = {"t"};
      EXPECT_EQ(peer.call<DeleteTopicsResponse>(deletion, 4).responses.at(0).error_code, ErrorCode::none);
      EXPECT_EQ(produced(peer, "t"), ErrorCode::unknown_topic_or_partition);
      EXPECT_EQ(create_within(peer, "t", 100).error_code, ErrorCode::request_timed_out);
    }
    broker.let_go_on(host);
    EXPECT_EQ(produced_within(peer, "t", seconds(1)), ErrorCode::none);
    auto fetched = fetch(peer, {"t"});
    EXPECT_EQ(fetched.high_watermark, 1) << "nothing of the topics before";
  });
}

TEST(StuckFile, ABrokerStartsAndServesTheOtherPartitionsMeanwhile) {
  StickyBroker broker;
  broker.it.run([&](Host& host) {
    Peer peer(host);
    ASSERT_EQ(create_topic(peer, "t", 1).error_code, ErrorCode::none);
    ASSERT_EQ(create_topic(peer, "others", 100).error_code, ErrorCode::none);
    EXPECT_EQ(produced(peer, "t"), ErrorCode::none);
    EXPECT_EQ(produced(peer, "others"), ErrorCode::none);
  });
  broker.restart({"t-0"});
  broker.it.run([&](Host& host) {
    Peer peer(host);
    EXPECT_EQ(produced_within(peer, "others", seconds(1)), ErrorCode::none);
    EXPECT_EQ(produced(peer, "t"), ErrorCode::not_leader_or_follower);
    EXPECT_EQ(fetch(peer, {"t"}).error_code, ErrorCode::not_leader_or_follower);
    broker.let_go_on(host);
    EXPECT_EQ(produced_within(peer, "t", seconds(1)), ErrorCode::none);
    EXPECT_EQ(fetch(peer, {"t"}).high_watermark, 2);
  });
}

}  // namespace
}  // namespace fulmar
