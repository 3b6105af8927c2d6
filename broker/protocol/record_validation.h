// What a broker checks of the records a client sends, before it believes a byte of them (Kafka's LogValidator).
#pragma once

#include <string>

#include "broker/protocol/error_code.h"
#include "broker/protocol/record_batch.h"

namespace fulmar {

struct Refusal {
  ErrorCode code;
  std::string message;
};

// A limit on the decompressed size of one batch: a small bomb must not take the broker's memory.
inline constexpr std::size_t decompressed_batch_bytes_max = std::size_t{256} << 20;

// Checks the records of one partition of a produce request (version 3 and up): exactly one batch, of magic 2, whole,
// with the right CRC, neither control nor (as transactions are not served) transactional, with as many well-formed
// records as it says, offsets counting from zero, also in its decompressed form.
Result<BatchHeader, Refusal> validate_produced(const Bytes& records);

}  // namespace fulmar
