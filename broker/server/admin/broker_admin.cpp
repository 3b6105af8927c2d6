#include "broker/server/admin/broker_admin.h"

#include <algorithm>

#include "runtime/host/clock.h"

namespace fulmar {

namespace {

// Shorter than the ten seconds that Prometheus waits for a scrape.
constexpr Duration ask_leaders_max = seconds(3);
constexpr Duration metadata_wait_max = milliseconds(500);
constexpr Duration silent_too_long_to_ask = seconds(2);

}  // namespace

BrokerAdmin::BrokerAdmin(Host& host, Broker& broker, const AdminSettings& settings,
                         const CertificateWatch& certificates, const TokenKeys& token_keys,
                         std::function<std::size_t()> peer_connections)
    : host_(host),
      broker_(broker),
      settings_(settings),
      certificates_(certificates),
      token_keys_(token_keys),
      log_(host.log().named("admin")),
      peer_connections_(std::move(peer_connections)),
      started_ms_(host.clock().wall_ms()),
      watch_(host),
      console_(host, {}, {.enabled = settings.console_changes, .https = settings.tls.has_value()}),
      listener_(host, settings, pages()) {}

AdminPages BrokerAdmin::pages() {
  AdminPages pages{.metrics = [this](const HttpRequest& request) { return metrics(request); },
                   .live = [this] { return live(); },
                   .ready = [this] { return ready(); }};
  if (settings_.console) pages.console = [this](const HttpRequest& request) { return console_.answer(request); };
  return pages;
}

Result<void> BrokerAdmin::listen() {
  FULMAR_TRY(auto at, listener_.listen());
  fibers_.spawn("watch shards", [this] { watch_.run(); });
  log_.info("metrics and health are served", {{"listen", to_string(at)}});
  return {};
}

// The console's client knows neither TLS nor SASL.
void BrokerAdmin::clients_are_served(const std::vector<SocketAddress>& addresses) {
  const auto& listeners = broker_.config.listeners;
  auto plain = std::ranges::find(listeners, SecurityProtocol::plaintext, &ListenerConfig::protocol);
  if (plain == listeners.end())
    console_.stop("the console needs a listener of the protocol PLAINTEXT, and this broker has none");
  else
    console_.start(addresses[static_cast<std::size_t>(plain - listeners.begin())]);
}

void BrokerAdmin::shards_will_end() {
  console_.stop("the broker stops");
  may_ask_shards_ = false;
  asked_.wait([this] { return asking_ == 0; });
}

template <class Work>
void BrokerAdmin::on_all_shards(Work&& work) {
  FiberGroup at_once;
  for (unsigned n = 0; n < host_.shard_count(); ++n)
    at_once.spawn("ask shard",
                  [this, &work, n] { broker_.shards[0]->on(n, [&](BrokerShard& shard) { work(n, shard); }); });
  at_once.join();
}

HttpResponse BrokerAdmin::live() const {
  return health_response("live", "stuck", reasons_against_liveness(watch_.silent_for(settings_.stall_max)));
}

HttpResponse BrokerAdmin::ready() {
  return health_response("ready", "not ready", why_not_ready());
}

std::vector<HealthReason> BrokerAdmin::why_not_ready() {
  if (auto silent = watch_.silent_for(silent_too_long_to_ask); !silent.empty()) return reasons_against_liveness(silent);
  return reasons_against_readiness(facts());
}

std::int64_t BrokerAdmin::partitions_opening() {
  std::vector<std::int64_t> opening(host_.shard_count());
  on_all_shards([&](unsigned n, BrokerShard& shard) {
    const auto& partitions = shard.partitions();
    partitions.each([&](const PartitionKey& key, const Partition& partition) {
      if (!partition.replica && !partition.failed && partitions.is_wanted_here(key)) ++opening[n];
    });
  });
  std::int64_t all = 0;
  for (auto count : opening) all += count;
  return all;
}

ReadinessFacts BrokerAdmin::facts() {
  ReadinessFacts facts{.phase = phase_};
  if (phase_ != BrokerPhase::serving || !may_ask_shards_) return facts;
  Asking asking(*this);
  auto& metadata = *broker_.metadata;
  facts.controller_known = metadata.controller().has_value();
  facts.metadata_current =
      metadata.wait_all_published(host_.clock().deadline_in(metadata_wait_max)) == WaitResult::woken;
  const auto image = metadata.image();
  auto self = image->brokers.find(broker_.self.broker);
  facts.fenced = self == image->brokers.end() || self->second.fenced;
  if (!recovered_) facts.partitions_opening = partitions_opening();
  if (facts.partitions_opening == 0) recovered_ = true;
  facts.phase = phase_;
  return facts;
}

HttpResponse BrokerAdmin::metrics(const HttpRequest& request) {
  auto asked = MetricsQuery::parse(request.query);
  if (!asked) return http_error(400, asked.error().detail);
  for (const auto& topic : settings_.topics)
    if (std::ranges::find(asked->topics, topic) == asked->topics.end()) asked->topics.push_back(topic);
  if (!may_ask_shards_) return http_error(503, "there are no metrics while the broker starts or stops");
  if (auto silent = watch_.silent_for(silent_too_long_to_ask); !silent.empty())
    return http_error(503, reasons_against_liveness(silent).front().detail);
  Asking asking(*this);
  LockGuard one(scraping_);
  if (!may_ask_shards_) return http_error(503, "the broker stops");
  const auto format = exposition_format(request.header("accept"));
  return {.body = metrics_page(gather(*asked), format), .content_type = std::string(content_type(format))};
}

BrokerSamples BrokerAdmin::gather(const MetricsQuery& asked) {
  const auto begun = host_.clock().now();
  BrokerSamples samples;
  samples.node_id = broker_.self.broker;
  samples.ready = why_not_ready().empty();
  samples.started_ms = started_ms_;
  if (auto measure = settings_.meters.process) samples.usage = measure();
  samples.descriptors = host_.descriptors();
  if (auto space = host_.disk().space()) samples.space = *space;
  samples.peer_connections = static_cast<std::int64_t>(peer_connections_());
  for (unsigned n = 0; n < host_.shard_count(); ++n) samples.lags.push_back(watch_.lag(n));
  samples.shards.resize(host_.shard_count());
  on_all_shards(
      [&](unsigned n, BrokerShard& shard) { samples.shards[n] = sample_shard(shard, asked.topics, settings_.meters); });
  samples.certificates = certificates_.expiries();
  samples.certificate_looks_failed = certificates_.looks_failed();
  samples.token_keys = static_cast<std::int64_t>(token_keys_.in_use());
  samples.token_key_tries_failed = token_keys_.tries_failed();
  samples.cluster = sample_cluster(*broker_.shards[0]);
  if (!asked.groups.empty())
    samples.group_lags = group_lags(*broker_.shards[0], asked.groups, host_.clock().deadline_in(ask_leaders_max));
  samples.now_ms = host_.clock().wall_ms();
  samples.scraped_in = host_.clock().now() - begun;
  return samples;
}

}  // namespace fulmar
