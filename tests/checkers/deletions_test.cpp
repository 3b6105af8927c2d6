// The checker of acknowledged deletions and followers' log starts, on hand-made stories.
#include <gmock/gmock.h>

#include "tests/checkers/replication_story.h"

namespace fulmar {
namespace {

using testing::HasSubstr;

struct DeletionStory : Story {
  DeletionStory() {
    elect(1, 1);
    for (int i = 0; i < 10; ++i) everybody_appends(1, "x");
    later(seconds(10));
  }
  void later(Duration by) { now = now + by; }
  void answers(int follower, Duration every, Duration in_all) {
    for (auto end = now + in_all; now < end; later(every))
      watch.heard(group, {id(follower), id(1), 1, HeartbeatReply{0, 0, now, {}, 0}}, 1);
  }
  void hears(int follower, Instant sent_at, Epoch term = 1) {
    watch.heard(group, {id(1), id(follower), term, Heartbeat{0, 0, 0, sent_at, {}}}, term);
  }
  std::string doubt(int follower, Offset told) { return watch.doubt_start(group, follower, told, now); }
};

TEST(FollowersAndDeletions, OneInTouchKnowsOfWhatIsAcknowledged) {
  DeletionStory s;
  s.answers(2, milliseconds(100), seconds(2));
  auto asked = s.now;
  s.answers(2, milliseconds(100), milliseconds(300));
  EXPECT_EQ(s.doubt(2, 0), "") << "not yet";
  s.watch.deletion_acknowledged(group, 5, asked);
  EXPECT_EQ(s.doubt(2, 0), "") << "it may have been asked before";
  s.later(milliseconds(1));
  EXPECT_THAT(s.doubt(2, 4), HasSubstr("a deletion up to 5"));
  EXPECT_EQ(s.doubt(2, 5), "");
  EXPECT_EQ(s.doubt(3, 0), "") << "that one has answered nothing";
}

TEST(FollowersAndDeletions, OneThatIsOutOfTouchNeedNotKnow) {
  DeletionStory s;
  s.answers(2, milliseconds(100), seconds(2));
  s.later(milliseconds(600));
  s.watch.deletion_acknowledged(group, 5, s.now);
  s.answers(3, milliseconds(600), seconds(3));
  s.watch.deletion_acknowledged(group, 6, s.now);
  s.later(milliseconds(1));
  EXPECT_EQ(s.doubt(2, 0), "");
  EXPECT_EQ(s.doubt(3, 0), "");
}

TEST(FollowersAndDeletions, OneThatTheGroupHasLetGoNeedNotKnow) {
  for (bool let_go : {false, true}) {
    DeletionStory s;
    s.answers(2, milliseconds(100), seconds(2));
    auto asked = s.now;
    if (let_go) {
      s.sights[1].configuration = {{id(1), id(3)}, {}, {}};
      s.step(1);
    }
    s.answers(2, milliseconds(100), milliseconds(100));
    s.watch.deletion_acknowledged(group, 5, asked);
    s.later(milliseconds(1));
    EXPECT_EQ(s.doubt(2, 0).empty(), let_go);
  }
}

TEST(FollowersAndDeletions, OneThatCameIntoTouchMeanwhileNeedNotKnow) {
  DeletionStory s;
  auto asked = s.now;
  s.later(milliseconds(1));
  s.answers(2, milliseconds(100), seconds(2));
  s.watch.deletion_acknowledged(group, 5, asked);
  s.later(milliseconds(1));
  EXPECT_EQ(s.doubt(2, 0), "");
}

TEST(FollowersAndDeletions, OneThatHearsItsLeaderAgainKnows) {
  DeletionStory s;
  auto before = s.now;
  s.watch.deletion_acknowledged(group, 5, s.now);
  s.later(seconds(1));
  s.hears(2, before);
  s.later(milliseconds(1));
  EXPECT_EQ(s.doubt(2, 0), "") << "that is an old word";
  s.hears(2, s.now);
  EXPECT_EQ(s.doubt(2, 0), "");
  s.later(milliseconds(1));
  EXPECT_THAT(s.doubt(2, 0), HasSubstr("a deletion up to 5"));
}

TEST(FollowersAndDeletions, ALeaderOfAnEarlierTermTellsNothing) {
  DeletionStory s;
  s.elect(2, 2);
  s.watch.deletion_acknowledged(group, 5, s.now);
  s.later(seconds(1));
  s.hears(3, s.now, 1);
  s.later(milliseconds(1));
  EXPECT_EQ(s.doubt(3, 0), "");
}

TEST(FollowersAndDeletions, OneThatIsDownTellsNothing) {
  DeletionStory s;
  s.watch.deletion_acknowledged(group, 5, s.now);
  s.later(seconds(1));
  s.hears(2, s.now);
  s.later(milliseconds(1));
  s.watch.ended(2);
  EXPECT_EQ(s.doubt(2, 0), "");
}

}  // namespace
}  // namespace fulmar
