// Logs of which compaction has removed batches on one replica and not on another.
#include <gtest/gtest.h>

#include "broker/raft/raft.h"

namespace fulmar {
namespace {

// The offsets [0, 10), of which the first five are removed: the first remaining batch, and its epoch, begin at 5.
class BegunInAHole : public LogView {
 public:
  BegunInAHole() { epochs_.add(0, 5); }
  Offset start() const override { return 0; }
  Offset end() const override { return 10; }
  Offset stable_end() const override { return 10; }
  const EpochCache& epochs() const override { return epochs_; }

 private:
  EpochCache epochs_;
};

TEST(Holes, AFollowerWhoseLogBeginsInOneKeepsItsLogWhereTheLeaderHasMore) {
  const ReplicaId self{1, {}}, leader{2, {}};
  BegunInAHole log;
  HardState state;
  state.term = state.log_term = 0;
  state.configuration.configuration = {{self, leader, {3, {}}}, {}, {}};
  Raft raft(self, {}, log, state, 0, Random(1), Instant{});
  AppendRequest append;
  append.epochs = {{0, 0}};
  append.end = append.commit = append.log_end = append.term_start = 10;
  raft.receive({leader, self, 1, append}, Instant{});
  auto output = raft.take_output();
  EXPECT_FALSE(output.truncate_to.has_value());
  EXPECT_FALSE(output.append_from.has_value());
  EXPECT_EQ(raft.commit(), 10);
}

}  // namespace
}  // namespace fulmar
