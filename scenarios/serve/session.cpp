#include "scenarios/serve/session.h"

#include <charconv>
#include <utility>

#include "broker/client/cluster_client.h"
#include "broker/protocol/messages/topics.h"
#include "runtime/base/assert.h"
#include "runtime/fiber/group.h"
#include "runtime/host/clock.h"
#include "runtime/host/entropy.h"
#include "runtime/http/server.h"
#include "scenarios/plan_settings.h"
#include "scenarios/serve/control.h"

namespace fulmar {

namespace {

constexpr Duration form_max = seconds(120);
constexpr Duration look_interval = milliseconds(50);
constexpr std::uint16_t http_port = 80;
constexpr Duration topic_time_max = seconds(10);  // of one request that makes topics
constexpr std::int32_t partitions_max = 1000;

template <class Number>
bool parse(std::string_view text, Number& number) {
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && rest == text.data() + text.size();
}

}  // namespace

Result<ServedTopic> parse_served_topic(const std::string& text) {
  ServedTopic topic;
  auto first = text.find(':');
  topic.name = text.substr(0, first);
  bool fits = !topic.name.empty();
  if (first != std::string::npos) {
    auto second = text.find(':', first + 1);
    auto partitions = text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
    fits = fits && parse(partitions, topic.partitions) && topic.partitions >= 1 && topic.partitions <= partitions_max;
    if (second != std::string::npos)
      fits = fits && parse(std::string_view(text).substr(second + 1), topic.factor) && topic.factor >= 1;
  }
  if (!fits)
    return fail(Errc::invalid_argument, "a topic must be NAME, NAME:PARTITIONS or NAME:PARTITIONS:FACTOR, with up to " +
                                            std::to_string(partitions_max) + " partitions, not " + text);
  return topic;
}

ServedSession::ServedSession(SessionSetup setup, Tell tell)
    : setup_(std::move(setup)),
      tell_(std::move(tell)),
      world_(life_seed(setup_.plan), LogLevel::debug),
      cluster_(world_, setup_.plan, marks_) {
  FULMAR_ASSERT(setup_.ports.size() == cluster_.size());
  cluster_.keep_states();
  cluster_.adjust = [this](std::size_t node, Properties& properties) {
    properties["advertised.listeners"] = "PLAINTEXT://127.0.0.1:" + std::to_string(setup_.ports[node]) +
                                         ",INTERNAL://" + world_.node(node).address() + ":" +
                                         std::to_string(WatchedCluster::internal_port);
    // Lives shorten what applications expect to be as in Kafka.
    for (const auto* property : {"group.consumer.session.timeout.ms", "group.consumer.heartbeat.interval.ms"})
      properties.erase(property);
  };
  clients_ = &world_.add_node("client0");
  injector_.emplace(world_, cluster_.size(), [this](std::size_t node) { cluster_.start(node); });
  injector_->on_power_loss = [this](std::size_t node) { cluster_.power_lost(node); };
  injector_->on_disk_hurt = [this](std::size_t node) { cluster_.disk_hurt(node); };
  injector_->controller = [this] { return cluster_.controller(); };
  cluster_.on_leadership_handed = [this](std::size_t from, std::size_t to) { injector_->leadership_handed(from, to); };
  // Added after the injector was made: faults do not know of it.
  admin_ = &world_.add_node("admin");
  faults_.emplace(world_, *injector_, setup_.plan, setup_.kinds);
  faults_->on_fault = tell_;
}

// Processes use what would be destroyed before the world.
ServedSession::~ServedSession() {
  for (std::size_t node = 0; node < world_.node_count(); ++node) world_.node(node).kill();
}

Result<void> ServedSession::form() {
  for (std::size_t node = 0; node < world_.node_count(); ++node)
    world_.node(node).set_clock({.offset_ms = setup_.wall_ms - world_.true_ms(), .drift_ppm = 0});
  for (std::size_t node = 0; node < cluster_.size(); ++node) cluster_.start(node);
  clients_->start(1, [this](Host& host) { return client_bridge_->run(host); });
  admin_->start(1, [this](Host& host) { return administer(host); });
  auto has_formed = [this] {
    for (std::size_t node = 0; node < cluster_.size(); ++node)
      if (!cluster_.ready(node)) return false;
    return serves_http_ && (topics_made_ || !topics_refused_.empty());
  };
  auto deadline = world_.now() + form_max;
  while (!has_formed()) {
    if (world_.now() >= deadline || world_.stuck())
      return fail(Errc::timed_out,
                  "the cluster did not form within " + std::to_string(form_max / seconds(1)) + " s of its time");
    world_.run_for(look_interval);
  }
  if (!topics_refused_.empty()) return fail(Errc::invalid_argument, topics_refused_);
  injector_->supervise_servers();
  if (!setup_.calm) faults_->begin_windows(world_.now() + setup_.after);
  return {};
}

void ServedSession::run_until(Instant at) {
  if (at > world_.now()) world_.run_until(at);
}

Result<void> ServedSession::check(const OutsideEvent& event) const {
  using What = OutsideEvent::What;
  auto wrong = [&](const std::string& what) {
    return fail(Errc::invalid_argument, "connection " + std::to_string(event.connection) + " " + what);
  };
  auto known = by_connection_.find(event.connection);
  if (event.what == What::opened) {
    if (known != by_connection_.end()) return wrong("is opened twice");
    if (event.count > cluster_.size()) return wrong("is to a broker that the session does not have");
    return {};
  }
  if (known == by_connection_.end()) return wrong("is not open");
  const auto& bridge = *known->second;
  if (event.what == What::bytes && event.bytes.size() > bridge.room(event.connection))
    return wrong("has more bytes than there was room for");
  if (event.what == What::acknowledged && event.count > bridge.unacknowledged(event.connection))
    return wrong("has taken more than it was given");
  return {};
}

void ServedSession::apply(const OutsideEvent& event) {
  using What = OutsideEvent::What;
  FULMAR_ASSERT(event.at == world_.now());
  world_.trace().event(Trace::Kind::client, event.at, event.connection << 3 | static_cast<std::uint64_t>(event.what),
                       event.what == What::bytes ? event.bytes.size() : event.count);
  auto id = event.connection;
  if (event.what == What::opened) {
    bool is_http = event.count == cluster_.size();
    auto& bridge = is_http ? *admin_bridge_ : *client_bridge_;
    auto to = is_http ? SocketAddress{admin_->address(), http_port}
                      : cluster_.addresses().at(static_cast<std::size_t>(event.count));
    by_connection_[id] = &bridge;
    return bridge.open(id, to);
  }
  auto& bridge = bridge_of(id);
  switch (event.what) {
    case What::opened: break;
    case What::bytes: bridge.give(id, event.bytes); break;
    case What::ended: bridge.end(id); break;
    case What::acknowledged: bridge.acknowledge(id, static_cast<std::size_t>(event.count)); break;
    case What::closed:
      bridge.close(id);
      by_connection_.erase(id);
      break;
  }
}

int ServedSession::administer(Host& host) {
  auto listener = host.network().listen({admin_->address(), http_port});
  FULMAR_ASSERT(listener.has_value());
  HttpServer http(host, std::move(*listener), [this, &host](const HttpRequest& request) {
    return answer_control(ControlledSession{host, *faults_, cluster_, world_}, request);
  });
  FiberGroup fibers;
  fibers.spawn("http", [&http] { http.run(); });
  fibers.spawn("bridge", [this, &host] { admin_bridge_->run(host); });
  serves_http_ = true;
  make_topics(host);
  fibers.join();
  return 0;
}

// By connections to brokers, since what they say of each other is meant for clients outside.
void ServedSession::make_topics(Host& host) {
  for (std::size_t turn = 0; !setup_.topics.empty() && !topics_made_; ++turn) {
    auto deadline = host.clock().deadline_in(topic_time_max);
    auto to = cluster_.addresses()[turn % cluster_.size()];
    auto connection = ClientConnection::open(host, to, "serve", deadline);
    if (!connection) {
      host.clock().sleep_for(look_interval);
      continue;
    }
    CreateTopicsRequest request;
    for (const auto& wanted : setup_.topics) {
      auto& topic = request.topics.emplace_back();
      topic.name = wanted.name;
      topic.num_partitions = wanted.partitions;
      topic.replication_factor = wanted.factor;
    }
    auto response = (*connection)->call<CreateTopicsResponse>(request, deadline);
    if (!response) continue;
    bool all_made = true;
    for (const auto& topic : response->topics) {
      if (topic.error_code == ErrorCode::none || topic.error_code == ErrorCode::topic_already_exists) continue;
      all_made = false;
      switch (topic.error_code) {
        case ErrorCode::invalid_topic_exception:
        case ErrorCode::invalid_partitions:
          topics_refused_ = "topic " + topic.name + " was refused: " + topic.error_message.value_or("");
          return;
        default: break;
      }
    }
    // Until all brokers are registered a replication factor may be too large.
    if (!all_made) host.clock().sleep_for(look_interval);
    topics_made_ = all_made;
  }
  topics_made_ = true;
}

}  // namespace fulmar
