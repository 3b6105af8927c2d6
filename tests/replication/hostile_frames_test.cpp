// Frames from a connection that claims to be a peer: valid ones with some bytes changed, in any order.
#include <gtest/gtest.h>

#include "broker/protocol/message.h"
#include "broker/protocol/record_builder.h"
#include "broker/protocol/writer.h"
#include "runtime/base/random.h"
#include "tests/replication/frame_victim.h"

namespace fulmar {
namespace {

// One message of each kind, as replica 2 would send it, in some term.
std::string frame(Random& random) {
  auto term = static_cast<Epoch>(random.below(4));
  auto offset = static_cast<Offset>(random.below(6));
  AppendRequest append;
  append.prev_offset = offset;
  append.prev_epoch = static_cast<Epoch>(random.below(2)) - 1;
  append.end = append.prev_offset;
  append.commit = static_cast<Offset>(random.below(6));
  append.log_start = static_cast<Offset>(random.below(6));
  append.log_end = static_cast<Offset>(random.below(8));
  Bytes batches;
  if (random.chance(2, 3)) {
    auto text = std::string(build_batch({Record{}, Record{}}).view());
    stamp_batch(text.data(), append.prev_offset, term);
    batches = Bytes::copy_of(text);
    append.end += 2;
    append.epochs = {{term, append.prev_offset}};
  }
  AppendReply reply;
  reply.verdict = static_cast<Verdict>(random.below(3));
  reply.match = reply.prev_offset = offset;
  MarkedConfiguration configuration{{term, offset}, {{FrameVictim::self(), FrameVictim::other(2)}, {}, {}}};
  auto told = random.chance(1, 2) ? std::optional(configuration) : std::nullopt;
  bool one = random.chance(1, 2);
  bool two = random.chance(1, 2);
  std::vector<decltype(Message::body)> bodies{VoteRequest{offset, term, one, two},
                                              VoteReply{one, two, offset, told},
                                              append,
                                              reply,
                                              Heartbeat{offset, offset, 0, {}, {}},
                                              HeartbeatReply{offset, 0, {}, {}, 0},
                                              TimeoutNow{offset},
                                              StartOver{offset, term - 1, configuration, append.commit, {}}};
  std::vector<GroupMessage> messages;
  auto body = bodies.at(random.below(bodies.size()));
  bool appends = std::holds_alternative<AppendRequest>(body);
  messages.push_back(
      {{{7, 7}, 0}, {FrameVictim::other(2), FrameVictim::self(), term, std::move(body)}, appends ? batches : Bytes{}});
  Writer out;
  encode(out, to_wire(std::move(messages), 0), 0);
  return std::string(std::move(out).finish().flatten().view());
}

TEST(HostileFrames, EndNobody) {
  int told = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    FrameVictim victim;
    for (int n = 0; n < 60; ++n) {
      auto bytes = frame(random);
      for (auto changes = random.below(4); changes > 0; --changes) {
        auto at = random.below(bytes.size());
        bytes[at] = static_cast<char>(random.chance(1, 2) ? random.next() : 0xff);
      }
      told += victim.take(Bytes::copy_of(bytes));
    }
  }
  EXPECT_GT(told, 5000) << "most of them are understood";
}

}  // namespace
}  // namespace fulmar
