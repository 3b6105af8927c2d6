// Consumer: reads partitions from given offsets on, with fetch sessions and long polls.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/client/connection.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/record_builder.h"

namespace fulmar {

struct ConsumerOptions {
  SocketAddress bootstrap;
  std::string client_id = "consumer";
  std::int32_t min_bytes = 1;
  std::int32_t max_bytes = 1 << 20;
  std::int32_t partition_max_bytes = 256 << 10;
  Duration max_wait = milliseconds(500);
  Duration request_timeout = seconds(10);
  std::int16_t version_max = 12;  // newer ones name topics by ids
};

struct Polled {
  std::int32_t partition;
  ErrorCode error;
  Offset high_watermark;
  Offset log_start;
  std::vector<ReadRecord> records;  // at and after the position
  bool corrupt = false;             // a batch came that can't be read
};

// Where a partition's records begin and end.
inline constexpr Timestamp earliest_offset = -2;
inline constexpr Timestamp latest_offset = -1;

class Consumer {
 public:
  Consumer(Host& host, ConsumerOptions options, std::string topic);
  ~Consumer();

  void assign(std::int32_t partition, Offset position);
  void drop(std::int32_t partition);
  Offset position(std::int32_t partition) const { return positions_.at(partition); }

  // One fetch. Positions move past what is returned. Errors: as ClientConnection; retry after a pause.
  Result<std::vector<Polled>> poll();
  // Offset of a timestamp or of one of the special ones; -1 if no record is that late.
  Result<Offset> list_offset(std::int32_t partition, Timestamp timestamp, ErrorCode& error);

  bool saw_wrong_answer() const { return wrong_answer_; }

 private:
  Result<ClientConnection*> connected(Deadline deadline);

  Host& host_;
  ConsumerOptions options_;
  std::string topic_;
  std::unique_ptr<ClientConnection> connection_;
  std::map<std::int32_t, Offset> positions_;
  std::map<std::int32_t, Offset> in_session_;  // the positions that the broker's session knows
  std::int32_t session_id_ = 0;
  std::int32_t session_epoch_ = 0;
  bool wrong_answer_ = false;
};

}  // namespace fulmar
