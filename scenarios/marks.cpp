#include "scenarios/marks.h"

#include <iterator>

namespace fulmar {

namespace {

constexpr const char* names[] = {
    "metadata snapshot taken",
    "metadata snapshot loaded",
    "metadata snapshot fetched from a peer",
    "log truncated",
    "log begun anew",
    "short file read",
    "lookup by time",
    "lookup of a time after all records",
    "lookup of the maximum timestamp",
    "OffsetForLeaderEpoch answered",
    "OffsetForLeaderEpoch of a past epoch",
    "fetch with last_fetched_epoch",
    "fetch answered with a diverging epoch",
    "records read from a follower",
    "min.insync.replicas enforced",
    "partitions added",
    "topic made again under its name",
    "topic named by the id of an earlier one",
    "record in a topic deleted later",
    "records deleted up to the high watermark",
    "record without a timestamp",
    "record from the far past",
    "record from the far future",
    "producer that claims a false maximum timestamp",
    "INVALID_TIMESTAMP answered",
    "block of producer ids taken",
    "cut right after a leadership was handed over",
    "DeleteRecords on an idle partition",
    "ListOffsets on an idle partition",
    "long poll that got its record",
    "long poll that waited behind an open transaction",
    "consumer at the end of all partitions",
    "metadata's claims compared",
    "metadata's word on who is in sync compared",
    "start of a log told by a follower after a deletion",
    "majority left in peace for a while",
    "member told its assignment",
    "member told to rejoin",
    "member told that the coordinator is elsewhere",
    "member of the past refused",
    "offset committed by a group",
    "malformed batch refused, large when unpacked",
    "offset of a group deleted",
    "controller added",
    "release upgraded by a rolling restart",
    "release taken back by a rolling restart",
    "controller removed",
    "consumer group member given partitions",
    "consumer group member told to give up partitions",
    "consumer group member of the past refused",
    "classic member assigned by the coordinator",
    "classic member a leader again, in a group that was a consumer group",
    "segments compacted",
    "batches compacted away",
    "transaction committed",
    "transaction aborted by its producer",
    "transaction left open by its producer",
    "transaction refused for its producer's successor or its timeout",
    "offset of a transaction refused, whose sender is out of its group or of a past generation",
    "offset told to be unstable",
    "committed records read while transactions were open",
    "record of a later transaction read in a transaction",
    "tombstones removed",
    "replica elected that was away when tombstones were removed",
    "member refused by a full group",
    "offset of a group expired",
    "coordinator of a rebalancing group replaced",
    "transaction finished by another coordinator",
    "transaction markers removed",
    "access to a topic granted",
    "access to a topic withdrawn",
    "access to a topic denied beside what grants it",
    "client served over TLS",
    "client served by its certificate",
    "client authenticated with PLAIN",
    "client authenticated with SCRAM-SHA-256",
    "client authenticated with SCRAM-SHA-512",
    "client authenticated again on its connection",
    "cluster formed over TLS",
    "stranger refused",
    "client refused whose session was over",
    "password changed",
    "password of the past refused",
    "owner's topic made",
    "change of an owner's topic only validated",
    "owner's partition moved",
    "move of an owner's partition taken back",
    "owner's user set",
    "owner's user deleted",
    "answer to a write examined",
    "answer to a read examined",
    "epoch of a lookup examined",
    "fetch session examined",
    "fetch that waits in vain examined",
    "retention by size examined",
    "group in peace",
    "batch streamed again",
    "quota kept in peace",
};
static_assert(std::size(names) == static_cast<std::size_t>(Mark::count_));

}  // namespace

const char* mark_name(Mark mark) noexcept {
  return names[static_cast<std::size_t>(mark)];
}

std::map<std::string, std::uint64_t> Marks::by_name() const {
  std::map<std::string, std::uint64_t> all;
  for (std::size_t i = 0; i < size; ++i)
    if (expected_[i] || counts_[i] > 0) all[names[i]] = counts_[i];
  return all;
}

}  // namespace fulmar
