// Fetch sessions without their broker: whatever requests come, nothing of a session contradicts another part of it, and
// the session that makes room is the one that was least recently used (KIP-227).
#include "broker/server/shard/fetch_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "runtime/base/random.h"
#include "runtime/host/entropy.h"

namespace fulmar {

// What must hold of fetch sessions between two requests.
class FetchSessionInvariants {
 public:
  using Broken = std::optional<std::string_view>;

  // The first invariant that is broken, in words; nullopt: none.
  static Broken broken_in(const FetchSession& session);
  static Broken broken_in(const FetchSessions& sessions);  // of the cache and of each session in it
};

FetchSessionInvariants::Broken FetchSessionInvariants::broken_in(const FetchSession& session) {
  // 0 and -1 are what requests without a session say (KIP-227).
  if (session.id <= 0) return "a session has an id that stands for none";
  if (session.next_epoch <= 0) return "a session expects an epoch that begins or ends one";
  if (session.places_.size() != session.targets_.size())
    return "a session does not find as many partitions as it serves";
  for (auto at = session.targets_.begin(); at != session.targets_.end(); ++at) {
    auto known = session.places_.find(session.key_of(*at));
    if (known == session.places_.end()) return "a session does not find a partition that it serves";
    if (known->second != at) return "a session finds another partition than it serves";
  }
  return std::nullopt;
}

FetchSessionInvariants::Broken FetchSessionInvariants::broken_in(const FetchSessions& sessions) {
  if (sessions.by_use_.size() > sessions.sessions_max_) return "there are more sessions than there may be";
  if (sessions.by_use_.size() != sessions.by_id_.size()) return "not as many sessions are found as there are";
  std::size_t bytes = 0;
  for (auto at = sessions.by_use_.begin(); at != sessions.by_use_.end(); ++at) {
    bytes += at->bytes();
    auto known = sessions.by_id_.find(at->id);
    if (known == sessions.by_id_.end() || known->second != at) return "a session is not found by its id";
    if (auto broken = broken_in(*at)) return broken;
  }
  if (bytes != sessions.bytes_) return "the sessions do not have the size that is known of them";
  if (bytes > sessions.bytes_max_) return "the sessions are larger than they may be";
  return std::nullopt;
}

namespace {

constexpr std::int16_t by_name_version = fetch_by_id_since - 1;
constexpr std::size_t target_bytes = 252;  // of a partition of a topic with a name of two characters

std::string broken(const FetchSessions& sessions) {
  return std::string(FetchSessionInvariants::broken_in(sessions).value_or(""));
}

class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : random_(seed) {}
  std::uint64_t next() override { return random_.next(); }

 private:
  Random random_;
};

// Sends random requests, and knows which sessions there are, the most recently used first.
class RandomClients {
 public:
  RandomClients(FetchSessions& sessions, std::size_t sessions_max, Random random)
      : sessions_(sessions), sessions_max_(sessions_max), random_(random) {
    for (std::uint64_t topic = 0; topic < 3; ++topic)
      image_.put_topic("t" + std::to_string(topic), {{7, topic}, {PartitionImage{{{1, {}}}}}, {}});
  }

  void step() {
    switch (random_.between(0, 9)) {
      case 0:
      case 1: return create();
      case 2: return remove();
      default: return with_session([&](FetchSession& session) { request(session); });
    }
  }
  void expect_those_used_last() {
    ASSERT_EQ(sessions_.size(), known_.size());
    for (auto id : std::vector(known_.rbegin(), known_.rend())) ASSERT_TRUE(sessions_.find(id)) << id;
  }
  int evicted() const { return evicted_; }
  int served() const { return served_; }

 private:
  std::int32_t any_index() { return static_cast<std::int32_t>(random_.between(0, 3)); }
  // Topics that exist and one that does not, by name or id as the version has it; some partitions twice.
  template <class Topic>
  Topic any_topic(std::int16_t version) {
    Topic topic;
    auto number = static_cast<std::uint64_t>(random_.between(0, 3));
    if (version >= fetch_by_id_since)
      topic.topic_id = {7, number};
    else
      topic.name = "t" + std::to_string(number);
    return topic;
  }
  FetchRequest any_request(std::int16_t version) {
    FetchRequest request;
    for (auto topics = random_.between(0, 3); topics > 0; --topics) {
      auto topic = any_topic<FetchRequest::Topic>(version);
      for (auto n = random_.between(0, 4); n > 0; --n)
        topic.partitions.push_back({.index = any_index(), .replica_directory_id = {}});
      request.topics.push_back(std::move(topic));
    }
    return request;
  }
  void create() {
    auto version = random_.chance(1, 2) ? fetch_by_id_since : by_name_version;
    auto targets = fetch_targets(image_, any_request(version), version);
    auto* session = sessions_.create(std::move(targets), version >= fetch_by_id_since);
    ASSERT_EQ(session != nullptr, sessions_max_ > 0);
    if (!session) return;
    if (known_.size() == sessions_max_) {
      known_.pop_back();
      ++evicted_;
    }
    known_.insert(known_.begin(), session->id);
  }
  template <class F>
  void with_session(F&& use) {
    if (known_.empty()) return;
    auto at = known_.begin() + random_.between(0, std::ssize(known_) - 1);
    auto id = *at;
    known_.erase(at);
    known_.insert(known_.begin(), id);
    auto* session = sessions_.find(id);
    ASSERT_NE(session, nullptr);
    use(*session);
  }
  void remove() {
    auto id = known_.empty() || random_.chance(1, 3) ? 12345 : known_.back();
    sessions_.remove(id);
    std::erase(known_, id);
  }
  void request(FetchSession& session) {
    auto version = session.by_id ? fetch_by_id_since : by_name_version;
    auto request = any_request(version);
    for (auto n = random_.between(0, 2); n > 0; --n) {
      auto forgotten = any_topic<FetchRequest::ForgottenTopic>(version);
      forgotten.partitions = {any_index(), any_index()};
      request.forgotten_topics.push_back(std::move(forgotten));
    }
    ASSERT_TRUE(sessions_.update(session, image_, request, version));
    const auto asked = session.targets();
    // Meanwhile a partition may be forgotten.
    if (random_.chance(1, 4)) {
      FetchRequest other;
      other.forgotten_topics.push_back(any_topic<FetchRequest::ForgottenTopic>(version));
      other.forgotten_topics.back().partitions = {any_index()};
      ASSERT_TRUE(sessions_.update(session, image_, other, version));
    }
    for (const auto& target : asked) {
      FetchResponse::Topic::Partition answer;
      answer.high_watermark = random_.between(0, 100);
      if (random_.chance(1, 3)) answer.records = ByteChain(Bytes::copy_of("records"));
      session.answered(target, answer);
      ++served_;
    }
  }

  FetchSessions& sessions_;
  std::size_t sessions_max_;
  Random random_;
  MetadataImage image_;
  std::vector<std::int32_t> known_;
  int evicted_ = 0;
  int served_ = 0;
};

TEST(FetchSessions, ContradictNothingWhateverClientsAsk) {
  int evicted = 0, served = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededEntropy entropy(seed);
    const std::size_t sessions_max = seed % 6;
    FetchSessions sessions(sessions_max, 1 << 20, entropy);
    RandomClients clients(sessions, sessions_max, Random(seed));
    for (int step = 0; step < 300; ++step) {
      clients.step();
      ASSERT_EQ(broken(sessions), "") << "step " << step;
      ASSERT_FALSE(HasFailure()) << "step " << step;
    }
    clients.expect_those_used_last();
    evicted += clients.evicted();
    served += clients.served();
  }
  EXPECT_GT(evicted, 100);
  EXPECT_GT(served, 1000);
}

TEST(FetchSessions, ASessionWithoutItsNextEpochIsSeen) {
  FetchSession session(5, {}, false);
  EXPECT_FALSE(FetchSessionInvariants::broken_in(session));
  session.next_epoch = 0;
  EXPECT_EQ(FetchSessionInvariants::broken_in(session).value_or(""),
            "a session expects an epoch that begins or ends one");
}

FetchRequest request_of(std::int32_t partitions) {
  FetchRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = "t0";
  for (std::int32_t i = 0; i < partitions; ++i) topic.partitions.push_back({.index = i, .replica_directory_id = {}});
  return request;
}

struct SmallSessions : testing::Test {
  FetchSession* create(std::int32_t partitions) {
    return sessions.create(fetch_targets(image, request_of(partitions), by_name_version), false);
  }
  bool grow(FetchSession& session, std::int32_t partitions) {
    return sessions.update(session, image, request_of(partitions), by_name_version);
  }
  ~SmallSessions() override { EXPECT_EQ(broken(sessions), ""); }

  MetadataImage image;
  SeededEntropy entropy{1};
  FetchSessions sessions{10, 5 * target_bytes, entropy};
};

TEST_F(SmallSessions, HaveNoneThatIsTooLarge) {
  auto* small = create(5);
  ASSERT_TRUE(small);
  EXPECT_EQ(small->bytes(), 5 * target_bytes);
  auto id = small->id;
  EXPECT_FALSE(create(6));
  EXPECT_TRUE(sessions.find(id)) << "nothing makes room for what has none anyway";
  EXPECT_FALSE(grow(*small, 6));
  EXPECT_FALSE(sessions.find(id)) << "it grew too large";
}

TEST_F(SmallSessions, ThatWereLeastRecentlyUsedMakeRoomForALargeOne) {
  auto first = create(1)->id, second = create(2)->id, third = create(2)->id;
  ASSERT_TRUE(sessions.find(first));
  auto fourth = create(3)->id;
  EXPECT_FALSE(sessions.find(second));
  EXPECT_FALSE(sessions.find(third));
  ASSERT_TRUE(grow(*sessions.find(first), 2));
  EXPECT_TRUE(sessions.find(fourth));
  ASSERT_TRUE(grow(*sessions.find(fourth), 4));
  EXPECT_FALSE(sessions.find(first));
}

TEST_F(SmallSessions, CountNoForgottenPartitions) {
  auto* session = create(5);
  ASSERT_TRUE(session);
  FetchRequest forgets;
  forgets.forgotten_topics.push_back({"t0", {}, {0, 1, 7}});
  ASSERT_TRUE(sessions.update(*session, image, forgets, by_name_version));
  EXPECT_EQ(session->bytes(), 3 * target_bytes);
}

TEST_F(SmallSessions, CountLongNames) {
  auto request = request_of(1);
  request.topics.front().name = std::string(5 * target_bytes, 'n');
  EXPECT_FALSE(sessions.create(fetch_targets(image, request, by_name_version), false));
}

}  // namespace
}  // namespace fulmar
