// Consumer: reads partitions of a topic from given offsets on, each from its leader or the replica that the leader
// names (KIP-392), with fetch sessions (KIP-227) and long polls.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/client/brokers.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/record_builder.h"

namespace fulmar {

struct ConsumerOptions {
  SocketAddress bootstrap;             // of the single broker; unused if the constructor is given Brokers
  std::string client_id = "consumer";  // likewise
  std::int32_t min_bytes = 1;
  std::int32_t max_bytes = 1 << 20;
  std::int32_t partition_max_bytes = 256 << 10;
  Duration max_wait = milliseconds(500);
  Duration request_timeout = seconds(10);
  std::string rack;           // this consumer's rack, to read from replicas in it; empty: not sent
  bool tells_epochs = false;  // sends the epoch of the last record read, so that a diverging log is detected (KIP-320)
  std::int16_t version_max = 12;  // newer ones identify topics by ids
  // Whether records of transactions are returned only once committed (read_committed, KIP-98).
  bool committed_only = false;
};

struct Polled {
  std::int32_t partition;
  ErrorCode error;
  Offset high_watermark;
  Offset log_start;
  std::vector<ReadRecord> records;  // at and after the position
  bool corrupt = false;             // a batch could not be read
  std::int32_t follower = -1;       // the follower that sent them; -1: the leader
  // Where the broker's log diverges from what was read; epoch -1: it does not. If it does, there are no records, and
  // the position does not change.
  FetchResponse::Topic::Partition::EpochEndOffset diverging = {};
};

// Where a partition's records begin and end.
inline constexpr Timestamp earliest_offset = -2;
inline constexpr Timestamp latest_offset = -1;

class Consumer {
 public:
  Consumer(Host& host, ConsumerOptions options, std::string topic);  // for the single broker at options.bootstrap
  // Others should not use these connections: a fetch that waits for records delays all later responses.
  Consumer(Host& host, Brokers& brokers, ConsumerOptions options, std::string topic);
  ~Consumer();

  // Reads the partition from `position` on, also if it was assigned before.
  void assign(std::int32_t partition, Offset position);
  // From the next poll on; as in ConsumerOptions.
  void set_limits(std::int32_t max_bytes, std::int32_t partition_max_bytes, std::int32_t min_bytes, Duration max_wait);
  void drop(std::int32_t partition);
  Offset position(std::int32_t partition) const { return positions_.at(partition); }

  // Sends one fetch to each broker that it reads from, concurrently. Positions move past the returned records. Left out
  // are partitions whose broker can't be reached, or whose leader only names the replica to read from. Errors: as
  // ClientConnection, if no broker can be reached; retry after a pause.
  Answer<std::vector<Polled>> poll();
  // Offset of a timestamp or of one of the special ones; -1 if no record is that late.
  Answer<Offset> list_offset(std::int32_t partition, Timestamp timestamp, ErrorCode& error);

  bool saw_wrong_answer() const { return brokers_.saw_wrong_answer(); }

 private:
  // A fetch session with one broker.
  struct Session {
    Brokers::Connection connection;
    std::map<std::int32_t, Offset> wanted;  // to be read there, with positions
    std::int32_t id = 0;
    std::int32_t epoch = 0;
    std::map<std::int32_t, Offset> known;  // the positions that the broker has
  };

  // The replica that a leader named for this consumer, and until when to use it.
  struct Near {
    std::int32_t broker = -1;
    Instant until;
  };

  void leave_near_replicas();
  Answer<Brokers::Connection> source_of(std::int32_t partition, Deadline deadline);
  std::optional<ClientError> assign_to_brokers(Deadline deadline);
  FetchRequest next_request(const Session& session) const;
  Answer<void> fetch(Session& session, Deadline deadline, std::vector<Polled>& polled);
  Polled take(FetchResponse::Topic::Partition& part, Offset& position, Epoch& epoch);

  Host& host_;
  ConsumerOptions options_;
  std::unique_ptr<OneBroker> one_broker_;  // if no Brokers were given
  Brokers& brokers_;
  std::string topic_;
  std::map<std::int32_t, Offset> positions_;
  std::map<std::int32_t, Epoch> epochs_;  // of the last batch read, since the position was set
  std::map<std::int32_t, Near> near_;
  Instant rack_told_from_;                          // until then requests name no rack, so that leaders serve them
  std::vector<std::unique_ptr<Session>> sessions_;  // one for each connection that is read from
};

}  // namespace fulmar
