// ServedSession: the simulated world of `serve`: a cluster under faults, reached by connections from outside, and an
// HTTP server that shows and triggers faults. It knows no sockets and no real time: whoever drives it says until when
// it runs, and what comes from outside at which virtual time. The same setup and events give the same trace hash.
//
// The machines: the brokers, "client0" with all Kafka clients from outside, and "admin" with the HTTP server, which no
// fault affects.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "faults/plan.h"
#include "runtime/base/result.h"
#include "scenarios/marks.h"
#include "scenarios/serve/bridge.h"
#include "scenarios/serve/outside_event.h"
#include "scenarios/serve/served_faults.h"
#include "scenarios/watched_cluster.h"
#include "sim/world.h"

namespace fulmar {

struct ServedTopic {
  std::string name;
  std::int32_t partitions = 1;
  std::int16_t factor = -1;  // -1: the cluster's default

  bool operator==(const ServedTopic&) const = default;
};

// "NAME", "NAME:PARTITIONS" or "NAME:PARTITIONS:FACTOR". Errors: invalid_argument, in one sentence.
Result<ServedTopic> parse_served_topic(const std::string& text);

struct SessionSetup {
  Plan plan;                         // served_plan.h
  std::vector<std::uint16_t> ports;  // of the brokers, as they tell clients: 127.0.0.1:PORT
  std::vector<ServedTopic> topics;
  Duration after = seconds(10);  // from when clients can connect until the first window of faults
  bool calm = false;             // no faults are planned
  // What the machines' wall clocks show when the session begins: that of the clients, since brokers refuse records from
  // the future.
  Timestamp wall_ms = World::epoch_ms;
  std::optional<std::vector<std::string>> kinds;  // of planned faults; nullopt: all of the scenario

  bool operator==(const SessionSetup&) const = default;
};

class ServedSession {
 public:
  using Tell = std::function<void(Instant at, const std::string& what)>;

  // `tell` is called with a sentence for each fault that begins.
  ServedSession(SessionSetup setup, Tell tell);
  ~ServedSession();

  // Runs until the cluster has formed and the topics are made; to be called once, before anything else. Errors:
  // timed_out, invalid_argument: a topic was refused.
  Result<void> form();

  // The listeners: one of each broker, then the HTTP server's.
  std::size_t listeners() const { return cluster_.size() + 1; }

  // Does nothing unless that is later: fibers that an event has made ready run once time goes on, so that it does not
  // matter how often this is called between events of the same time.
  void run_until(Instant at);
  // Whether the event, of a recording that may be damaged, can happen after those before it. Errors: invalid_argument.
  Result<void> check(const OutsideEvent& event) const;
  // An event of now, which check() allows.
  void apply(const OutsideEvent& event);

  // -- Of connections from outside, between their `opened` and `closed`.
  std::size_t room(std::uint64_t connection) const { return bridge_of(connection).room(connection); }
  std::vector<Bytes> take(std::uint64_t connection) { return bridge_of(connection).take(connection); }
  Bridge::State state(std::uint64_t connection) const { return bridge_of(connection).state(connection); }

  Instant now() const { return world_.now(); }
  World& world() { return world_; }
  std::uint64_t hash() { return world_.trace().hash(); }
  // What the cluster has violated so far: a bug of the brokers.
  Violations violations() const { return cluster_.violations(); }

 private:
  int administer(Host& host);
  void make_topics(Host& host);
  Bridge& bridge_of(std::uint64_t connection) const { return *by_connection_.at(connection); }

  SessionSetup setup_;
  Tell tell_;
  std::unique_ptr<Bridge> client_bridge_ = std::make_unique<Bridge>();
  std::unique_ptr<Bridge> admin_bridge_ = std::make_unique<Bridge>();
  std::map<std::uint64_t, Bridge*> by_connection_;
  bool serves_http_ = false;
  bool topics_made_ = false;
  std::string topics_refused_;
  Marks marks_;
  World world_;
  WatchedCluster cluster_;
  Node* clients_ = nullptr;
  Node* admin_ = nullptr;
  std::optional<Injector> injector_;
  std::optional<ServedFaults> faults_;
};

}  // namespace fulmar
