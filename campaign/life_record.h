// What happened in a life, for people and for tools that look into it: the operations of its clients, and the events of
// its machines. Only made if LifeOptions::record asks for it, since it takes much memory.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/time.h"

namespace fulmar {

struct LifeRecord {
  struct Operation {
    std::string client;  // "producer 3"
    std::string what;    // "sends values 7+3 to orders-1, acks=-1"
    Instant invoked;
    Instant completed = Instant::max();  // max: it has not ended
    std::string outcome;                 // "ok at offset 12", "failed", "unknown", "pending"
  };
  // A process starts or ends, a fault begins, a message of level INFO or above is logged.
  struct Event {
    Instant at;
    std::string what;
  };

  std::vector<Operation> operations;  // by their invocations
  std::vector<Event> events;          // by time
};

// One JSON object: "plan", "operations" and "events"; times in microseconds from the life's begin. `plan`: as
// plan_to_json() gives it.
std::string record_to_json(const std::string& plan, const LifeRecord& record);

}  // namespace fulmar
