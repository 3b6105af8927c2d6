// Order and idempotence: one producer's records in one partition are in the order of sending, each once. (These clients
// have one batch per producer and partition in flight, and do not retry without idempotence, so this holds for all
// producers.) A client that renumbers may send a record again under each new epoch; it is there at most once in each.
#include <map>
#include <set>

#include "checkers/history.h"

namespace fulmar {

void check_order(const History& history, Violations& found) {
  std::map<ValueId, const SendOperation*> senders;
  for (const auto& send : history.sends) senders.emplace(send.first_value, &send);
  for (const auto& [tp, final_read] : history.final_reads) {
    std::map<ValueId, Offset> places;
    std::map<std::pair<ValueId, decltype(SeenRecord::numbering)>, Offset> numbered;
    std::map<int, std::pair<ValueId, const SendOperation*>> latest;  // per producer
    for (const auto& record : final_read.records) {
      auto first = places.try_emplace(record.value, record.offset).second;
      auto after = senders.upper_bound(record.value);
      if (after == senders.begin()) continue;  // a phantom, which another checker reports
      const auto* send = std::prev(after)->second;
      auto numbering = send->renumbers ? record.numbering : SeenRecord{}.numbering;
      auto [place, once] = numbered.try_emplace({record.value, numbering}, record.offset);
      if (!once)
        found.push_back({"idempotence", "duplicate",
                         to_string(tp) + " has value " + std::to_string(record.value) + " at offsets " +
                             std::to_string(place->second) + " and " + std::to_string(record.offset) + "\n" +
                             to_string(*send),
                         send->completed});
      if (!first) continue;
      auto& last = latest[send->producer];
      // Values are given out in the order of sending.
      bool given_up = send->outcome != Outcome::ok || send->acks == 0;
      if (last.second && record.value < last.first && !given_up)
        found.push_back({"order", "send-inversion",
                         to_string(tp) + " has value " + std::to_string(record.value) + " after value " +
                             std::to_string(last.first) + "\n" + to_string(*send) + "\n" + to_string(*last.second),
                         send->completed});
      if (!last.second || record.value > last.first) last = {record.value, send};
    }
    // A batch is written as a whole.
    for (const auto& [first_value, send] : senders) {
      if (send->to != tp) continue;
      int present = 0;
      Offset first_offset = -1;
      for (int i = 0; i < send->count; ++i) {
        auto at = places.find(first_value + static_cast<ValueId>(i));
        if (at == places.end()) continue;
        if (present++ == 0) first_offset = at->second - i;
      }
      bool below_start = first_offset >= 0 && first_offset < final_read.log_start;
      if (present > 0 && present < send->count && !below_start)
        found.push_back({"idempotence", "sequence-gap", to_string(tp) + " has only a part of\n" + to_string(*send),
                         send->completed});
    }
  }
}

}  // namespace fulmar
