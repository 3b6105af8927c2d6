#include "broker/client/aborted_transactions.h"

#include <algorithm>

#include "broker/protocol/records/end_marker.h"

namespace fulmar {

AbortedTransactions::AbortedTransactions(std::optional<std::vector<Told>> told)
    : told_(std::move(told).value_or(std::vector<Told>())) {
  std::ranges::sort(told_, {}, &Told::first_offset);
}

bool AbortedTransactions::has(const BatchHeader& header, const Bytes& batch) {
  for (; next_ < told_.size() && told_[next_].first_offset <= header.last_offset(); ++next_)
    open_.insert(told_[next_].producer_id);
  if (!header.transactional()) return false;
  if (!header.control()) return open_.contains(header.producer_id);
  if (auto marker = read_end_marker(batch); marker && !marker->commit) open_.erase(header.producer_id);
  return false;
}

}  // namespace fulmar
