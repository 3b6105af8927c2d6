// Consumer: reads partitions of a topic from given offsets on, each from its leader or where that sends it (KIP-392),
// with fetch sessions (KIP-227) and long polls.
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
  SocketAddress bootstrap;             // of the one broker; not looked at where the constructor is given Brokers
  std::string client_id = "consumer";  // likewise
  std::int32_t min_bytes = 1;
  std::int32_t max_bytes = 1 << 20;
  std::int32_t partition_max_bytes = 256 << 10;
  Duration max_wait = milliseconds(500);
  Duration request_timeout = seconds(10);
  std::string rack;               // where this consumer stands, for replicas near it; empty: does not say
  bool tells_epochs = false;      // of the last record read, so that a log that parted from it is found (KIP-320)
  std::int16_t version_max = 12;  // newer ones name topics by ids
};

struct Polled {
  std::int32_t partition;
  ErrorCode error;
  Offset high_watermark;
  Offset log_start;
  std::vector<ReadRecord> records;  // at and after the position
  bool corrupt = false;             // a batch came that can't be read
  std::int32_t follower = -1;       // the broker that it came from, where that was not the leader
  // Where the broker's log parts from what was read, if it does: epoch -1 if not. Nothing else is said then, and the
  // position stays where it was.
  FetchResponse::Topic::Partition::EpochEndOffset diverging = {};
};

// Where a partition's records begin and end.
inline constexpr Timestamp earliest_offset = -2;
inline constexpr Timestamp latest_offset = -1;

class Consumer {
 public:
  Consumer(Host& host, ConsumerOptions options, std::string topic);  // of the one broker at options.bootstrap
  // The connections are best this consumer's alone: a fetch that waits for records holds up all answers behind it.
  Consumer(Host& host, Brokers& brokers, ConsumerOptions options, std::string topic);
  ~Consumer();

  void assign(std::int32_t partition, Offset position);
  // From the next poll on, as ConsumerOptions has them.
  void set_limits(std::int32_t max_bytes, std::int32_t partition_max_bytes, std::int32_t min_bytes, Duration max_wait);
  void drop(std::int32_t partition);
  Offset position(std::int32_t partition) const { return positions_.at(partition); }

  // One fetch from each broker that is read from, all at once. Positions move past what is returned. Partitions that
  // can't be reached, or of which a leader only says where to read them, are left out. Errors: as ClientConnection, if
  // none can; retry after a pause.
  Answer<std::vector<Polled>> poll();
  // Offset of a timestamp or of one of the special ones; -1 if no record is that late.
  Answer<Offset> list_offset(std::int32_t partition, Timestamp timestamp, ErrorCode& error);

  bool saw_wrong_answer() const { return brokers_.saw_wrong_answer(); }

 private:
  // What a broker knows of this consumer.
  struct Session {
    Brokers::Connection connection;
    std::map<std::int32_t, Offset> wanted;  // what is to be read there now
    std::int32_t id = 0;
    std::int32_t epoch = 0;
    std::map<std::int32_t, Offset> known;  // the positions that the broker has
  };

  // The replica that a leader sent this consumer to, and until when that is believed.
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
  std::unique_ptr<OneBroker> one_broker_;  // where no Brokers were given
  Brokers& brokers_;
  std::string topic_;
  std::map<std::int32_t, Offset> positions_;
  std::map<std::int32_t, Epoch> epochs_;  // of the last batch read of each, since its position was set
  std::map<std::int32_t, Near> near_;
  Instant rack_told_from_;  // before, leaders are not told the rack, so that they serve what a near replica could not
  std::vector<std::unique_ptr<Session>> sessions_;  // one for each connection that is read from
};

}  // namespace fulmar
