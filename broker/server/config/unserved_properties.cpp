// Kafka's broker properties that are not served here: those accepted without effect, so that a file written for Kafka
// can be used as it is, and those that are refused, since they protect or keep data.
#include "broker/server/config/broker_config.h"

#include <limits>

namespace fulmar {

namespace {

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t int64_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t int32_min = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t int16_max = std::numeric_limits<std::int16_t>::max();
constexpr std::int64_t int16_min = std::numeric_limits<std::int16_t>::min();

constexpr std::string_view adds_again =
    "Without effect: while a producer's last transaction still ends, partitions are added again as by Kafka's default.";
constexpr std::string_view aborted_at_once =
    "Without effect: a transaction is aborted as soon as its timeout has passed.";
constexpr std::string_view always_verified =
    "Without effect: a transaction's coordinator is always asked before its first batch is appended.";
constexpr std::string_view no_two_phases = "Without effect: two-phase commit (KIP-939) is not served.";
constexpr std::string_view no_policies = "classes can't be loaded here, so no policy would be asked";
constexpr std::string_view windows = "Without effect: a rate is kept to over one second.";
constexpr std::string_view quota_windows = "Without effect: client quotas are kept to over eleven windows of a second.";
constexpr std::string_view no_builders = "a client's principal is what its listener's protocol finds";
constexpr std::string_view shards_serve = "Without effect: --shards says how many threads serve.";
constexpr std::string_view no_quotas = "there are no quotas of this kind here; AlterClientQuotas sets others";
constexpr std::string_view no_providers = "values are taken as they stand, and nothing is looked up elsewhere";
constexpr std::string_view no_sasl =
    "the mechanisms that are served here, PLAIN, SCRAM and OAUTHBEARER, have no use for it";
constexpr std::string_view no_delegation = "there are no delegation tokens here";
constexpr std::string_view no_mechanism =
    "the mechanism has to be named: plain.sasl.jaas.config, or listener.name.NAME.plain.sasl.jaas.config";
constexpr std::string_view always_in_order =
    "Without effect: a broker that is asked to stop always hands over what it leads first.";
constexpr std::string_view own_consensus =
    "Without effect: see controller.quorum.election.timeout.ms for how controllers follow each other.";
constexpr std::string_view by_voters = "a broker finds its cluster by controller.quorum.voters";
constexpr std::string_view one_directory = "all that is kept lies in one data directory";
constexpr std::string_view no_purgatory = "Without effect: a request that waits is woken by what it waits for.";
constexpr std::string_view starts_at_once = "Without effect: all listeners begin when the broker is ready.";
constexpr std::string_view no_share_groups = "Without effect: share groups are not served.";
constexpr std::string_view no_tiers = "there is no tiered storage here";
constexpr std::string_view no_groups =
    "Without effect: of groups, classic and consumer groups are served, as they are.";
constexpr std::string_view no_group_configs =
    "Without effect: it bounds consumer.assignment.interval.ms of groups, which is not served.";
constexpr std::string_view no_telemetry = "Without effect: clients' metrics are not collected.";
constexpr std::string_view own_metrics = "Without effect: metrics are at admin.http.listener.";
constexpr std::string_view no_tls =
    "TLS is OpenSSL's here; this is a setting of Java's, or of what TLS does not do here yet";
constexpr std::string_view own_cleaner =
    "Without effect: each shard has one cleaner, with its part of log.cleaner.dedupe.buffer.size.";
constexpr std::string_view kept_at_once = "Without effect: files are written down when they change.";
constexpr std::string_view grow = "Without effect: files grow as they are written.";
constexpr std::string_view no_jitter = "Without effect: segments of different partitions roll when each is due.";
constexpr std::string_view own_bound = "Without effect: the bound is the broker's own.";
constexpr std::string_view own_limit = "Without effect: the bound is the broker's own.";
constexpr std::string_view leaders_send = "Without effect: leaders send to their followers, and followers don't fetch.";
constexpr std::string_view by_system = "Without effect: left to the system.";
constexpr std::string_view never_unclean =
    "Without effect: a leader is never elected without a majority, so that nothing acknowledged is lost that way.";
constexpr std::string_view one_directory_move =
    "Without effect: there is one data directory, and nothing moves between several.";

// As in Kafka 4.4. Values of properties without effect are checked too, so that Kafka accepts whatever is accepted
// here.
constexpr PropertyInfo table[] = {
    {"add.partitions.to.txn.retry.backoff.max.ms", PropertyType::int32, "100", 0, int32_max, "", adds_again,
     Effect::none},
    {"add.partitions.to.txn.retry.backoff.ms", PropertyType::int32, "20", 1, int32_max, "", adds_again, Effect::none},
    {"alter.config.policy.class.name", PropertyType::class_name, "", 0, 0, "", no_policies, Effect::refused},
    {"alter.log.dirs.replication.quota.window.num", PropertyType::int32, "11", 1, int32_max, "", windows, Effect::none},
    {"alter.log.dirs.replication.quota.window.size.seconds", PropertyType::int32, "1", 1, int32_max, "", windows,
     Effect::none},
    {"background.threads", PropertyType::int32, "10", 1, int32_max, "", shards_serve, Effect::none},
    {"client.quota.callback.class", PropertyType::class_name, "", 0, 0, "", no_quotas, Effect::refused},
    {"config.providers", PropertyType::list, "", 0, 0, "", no_providers, Effect::refused},
    {"controlled.shutdown.enable", PropertyType::boolean, "true", 0, 0, "", always_in_order, Effect::none},
    {"controller.listener.names", PropertyType::list, "INTERNAL", 0, 0, "INTERNAL",
     "Without effect: controllers are reached at the INTERNAL listener.", Effect::none},
    {"controller.quorum.append.linger.ms", PropertyType::int32, "25", 0, int32_max, "", own_consensus, Effect::none},
    {"controller.quorum.auto.join.enable", PropertyType::boolean, "false", 0, 0, "", by_voters, Effect::refused},
    {"controller.quorum.bootstrap.servers", PropertyType::list, "", 0, 0, "", by_voters, Effect::refused},
    {"controller.quorum.election.backoff.max.ms", PropertyType::int32, "1000", 0, int32_max, "", own_consensus,
     Effect::none},
    {"controller.quorum.fetch.max.bytes", PropertyType::int32, "1048576", 1, int32_max, "", own_consensus,
     Effect::none},
    {"controller.quorum.fetch.snapshot.max.bytes", PropertyType::int32, "1048576", 1, int32_max, "", own_consensus,
     Effect::none},
    {"controller.quorum.fetch.timeout.ms", PropertyType::int32, "2000", 0, int32_max, "", own_consensus, Effect::none},
    {"controller.quorum.request.timeout.ms", PropertyType::int32, "2000", 0, int32_max, "", own_consensus,
     Effect::none},
    {"controller.quorum.retry.backoff.ms", PropertyType::int32, "20", 0, int32_max, "", own_consensus, Effect::none},
    {"controller.quota.window.num", PropertyType::int32, "11", 1, int32_max, "", quota_windows, Effect::none},
    {"controller.quota.window.size.seconds", PropertyType::int32, "1", 1, int32_max, "", quota_windows, Effect::none},
    {"controller.socket.timeout.ms", PropertyType::int32, "30000", int32_min, int32_max, "", own_consensus,
     Effect::none},
    {"cordoned.log.dirs", PropertyType::list, "", 0, 0, "", one_directory, Effect::refused},
    {"create.topic.policy.class.name", PropertyType::class_name, "", 0, 0, "", no_policies, Effect::refused},
    {"delegation.token.expiry.check.interval.ms", PropertyType::int64, "3600000", 1, int64_max, "", no_delegation,
     Effect::refused},
    {"delegation.token.expiry.time.ms", PropertyType::int64, "86400000", 1, int64_max, "", no_delegation,
     Effect::refused},
    {"delegation.token.max.lifetime.ms", PropertyType::int64, "604800000", 1, int64_max, "", no_delegation,
     Effect::refused},
    {"delegation.token.secret.key", PropertyType::password, "", 0, 0, "", no_delegation, Effect::refused},
    {"delete.records.purgatory.purge.interval.requests", PropertyType::int32, "1", int32_min, int32_max, "",
     no_purgatory, Effect::none},
    {"early.start.listeners", PropertyType::list, "", 0, 0, "", starts_at_once, Effect::none},
    {"errors.deadletterqueue.auto.create.topics.enable", PropertyType::boolean, "false", 0, 0, "", no_share_groups,
     Effect::none},
    {"errors.deadletterqueue.topic.name.prefix", PropertyType::string, "dlq.", 0, 0, "", no_share_groups, Effect::none},
    {"fetch.purgatory.purge.interval.requests", PropertyType::int32, "1000", int32_min, int32_max, "", no_purgatory,
     Effect::none},
    {"follower.fetch.last.tiered.offset.enable", PropertyType::boolean, "false", 0, 0, "", no_tiers, Effect::refused},
    {"follower.replication.throttled.rate", PropertyType::int64, "9223372036854775807", 0, int64_max, "",
     "Without effect: leaders send, and keep to leader.replication.throttled.rate.", Effect::none},
    {"group.consumer.max.assignment.interval.ms", PropertyType::int32, "15000", 0, int32_max, "", no_group_configs,
     Effect::none},
    {"group.consumer.min.assignment.interval.ms", PropertyType::int32, "0", 0, int32_max, "", no_group_configs,
     Effect::none},
    {"group.coordinator.append.linger.ms", PropertyType::int32, "-1", -1, int32_max, "", no_groups, Effect::none},
    {"group.coordinator.background.threads", PropertyType::int32, "2", 1, int32_max, "", no_groups, Effect::none},
    {"group.coordinator.cached.buffer.max.bytes", PropertyType::int32, "1048588", 524288, int32_max, "", no_groups,
     Effect::none},
    {"group.coordinator.rebalance.protocols", PropertyType::list, "classic,consumer,streams", 0, 0,
     "consumer,classic,share,streams", no_groups, Effect::none},
    {"group.coordinator.threads", PropertyType::int32, "4", 1, int32_max, "", no_groups, Effect::none},
    {"group.share.assignment.interval.ms", PropertyType::int32, "1000", 0, int32_max, "", no_groups, Effect::none},
    {"group.share.assignors", PropertyType::list, "simple", 0, 0, "", no_groups, Effect::none},
    {"group.share.delivery.count.limit", PropertyType::int32, "5", 2, 10, "", no_groups, Effect::none},
    {"group.share.heartbeat.interval.ms", PropertyType::int32, "5000", 1, int32_max, "", no_groups, Effect::none},
    {"group.share.max.assignment.interval.ms", PropertyType::int32, "15000", 0, int32_max, "", no_groups, Effect::none},
    {"group.share.max.delivery.count.limit", PropertyType::int32, "10", 5, 25, "", no_groups, Effect::none},
    {"group.share.max.heartbeat.interval.ms", PropertyType::int32, "15000", 1, int32_max, "", no_groups, Effect::none},
    {"group.share.max.partition.max.record.locks", PropertyType::int32, "4000", 2000, 10000, "", no_groups,
     Effect::none},
    {"group.share.max.record.lock.duration.ms", PropertyType::int32, "60000", 30000, 3600000, "", no_groups,
     Effect::none},
    {"group.share.max.session.timeout.ms", PropertyType::int32, "60000", 1, int32_max, "", no_groups, Effect::none},
    {"group.share.max.share.sessions", PropertyType::int32, "2000", 1, int32_max, "", no_groups, Effect::none},
    {"group.share.max.size", PropertyType::int32, "200", 1, 1000, "", no_groups, Effect::none},
    {"group.share.min.assignment.interval.ms", PropertyType::int32, "0", 0, int32_max, "", no_groups, Effect::none},
    {"group.share.min.delivery.count.limit", PropertyType::int32, "2", 2, 5, "", no_groups, Effect::none},
    {"group.share.min.heartbeat.interval.ms", PropertyType::int32, "5000", 1, int32_max, "", no_groups, Effect::none},
    {"group.share.min.partition.max.record.locks", PropertyType::int32, "100", 100, 2000, "", no_groups, Effect::none},
    {"group.share.min.record.lock.duration.ms", PropertyType::int32, "15000", 1000, 30000, "", no_groups, Effect::none},
    {"group.share.min.session.timeout.ms", PropertyType::int32, "45000", 1, int32_max, "", no_groups, Effect::none},
    {"group.share.partition.max.record.locks", PropertyType::int32, "2000", 100, 10000, "", no_groups, Effect::none},
    {"group.share.record.lock.duration.ms", PropertyType::int32, "30000", 1000, 3600000, "", no_groups, Effect::none},
    {"group.share.session.timeout.ms", PropertyType::int32, "45000", 1, int32_max, "", no_groups, Effect::none},
    {"group.streams.assignment.interval.ms", PropertyType::int32, "1000", 0, int32_max, "", no_groups, Effect::none},
    {"group.streams.assignors", PropertyType::list, "sticky", 0, 0, "", no_groups, Effect::none},
    {"group.streams.heartbeat.interval.ms", PropertyType::int32, "5000", 1, int32_max, "", no_groups, Effect::none},
    {"group.streams.initial.rebalance.delay.ms", PropertyType::int32, "3000", 0, int32_max, "", no_groups,
     Effect::none},
    {"group.streams.max.assignment.interval.ms", PropertyType::int32, "15000", 0, int32_max, "", no_groups,
     Effect::none},
    {"group.streams.max.heartbeat.interval.ms", PropertyType::int32, "15000", 1, int32_max, "", no_groups,
     Effect::none},
    {"group.streams.max.session.timeout.ms", PropertyType::int32, "60000", 1, int32_max, "", no_groups, Effect::none},
    {"group.streams.max.size", PropertyType::int32, "2147483647", 1, int32_max, "", no_groups, Effect::none},
    {"group.streams.max.standby.replicas", PropertyType::int32, "2", 0, int32_max, "", no_groups, Effect::none},
    {"group.streams.min.assignment.interval.ms", PropertyType::int32, "0", 0, int32_max, "", no_groups, Effect::none},
    {"group.streams.min.heartbeat.interval.ms", PropertyType::int32, "5000", 1, int32_max, "", no_groups, Effect::none},
    {"group.streams.min.session.timeout.ms", PropertyType::int32, "45000", 1, int32_max, "", no_groups, Effect::none},
    {"group.streams.num.standby.replicas", PropertyType::int32, "0", 0, int32_max, "", no_groups, Effect::none},
    {"group.streams.rack.aware.assignment.tags", PropertyType::list, "", 0, 0, "", no_groups, Effect::none},
    {"group.streams.session.timeout.ms", PropertyType::int32, "45000", 1, int32_max, "", no_groups, Effect::none},
    {"group.streams.topology.description.plugin.class", PropertyType::class_name, "", 0, 0, "", no_groups,
     Effect::none},
    {"initial.broker.registration.timeout.ms", PropertyType::int32, "60000", int32_min, int32_max, "", own_consensus,
     Effect::none},
    {"inter.broker.listener.name", PropertyType::string, "INTERNAL", 0, 0, "INTERNAL,PLAINTEXT",
     "Without effect: brokers reach each other at the INTERNAL listener.", Effect::none},
    {"kafka.metrics.polling.interval.secs", PropertyType::int32, "10", 1, int32_max, "", own_metrics, Effect::none},
    {"kafka.metrics.reporters", PropertyType::list, "", 0, 0, "", own_metrics, Effect::none},
    {"log.cleaner.io.buffer.load.factor", PropertyType::real, "0.9", int64_min, int64_max, "", own_cleaner,
     Effect::none},
    {"log.cleaner.io.buffer.size", PropertyType::int32, "524288", 0, int32_max, "", own_cleaner, Effect::none},
    {"log.cleaner.threads", PropertyType::int32, "1", 0, int32_max, "", own_cleaner, Effect::none},
    {"log.dir.failure.timeout.ms", PropertyType::int64, "30000", 1, int64_max, "", kept_at_once, Effect::none},
    {"log.flush.scheduler.interval.ms", PropertyType::int64, "9223372036854775807", int64_min, int64_max, "",
     kept_at_once, Effect::none},
    {"log.flush.start.offset.checkpoint.interval.ms", PropertyType::int32, "60000", 0, int32_max, "", kept_at_once,
     Effect::none},
    {"log.local.retention.bytes", PropertyType::int64, "-2", -2, int64_max, "", no_tiers, Effect::refused},
    {"log.local.retention.ms", PropertyType::int64, "-2", -2, int64_max, "", no_tiers, Effect::refused},
    {"log.preallocate", PropertyType::boolean, "false", 0, 0, "", grow, Effect::none},
    {"log.remote.copy.lag.bytes", PropertyType::int64, "-1", -1, int64_max, "", no_tiers, Effect::refused},
    {"log.remote.copy.lag.ms", PropertyType::int64, "0", -1, int64_max, "", no_tiers, Effect::refused},
    {"log.roll.jitter.hours", PropertyType::int32, "0", 0, int32_max, "", no_jitter, Effect::none},
    {"log.roll.jitter.ms", PropertyType::int64, "", int64_min, int64_max, "", no_jitter, Effect::none},
    {"max.connection.creation.rate", PropertyType::int32, "2147483647", 0, int32_max, "", no_quotas, Effect::refused},
    {"max.connections.per.ip.overrides", PropertyType::string, "", 0, 0, "", no_quotas, Effect::refused},
    {"max.decompressed.message.bytes", PropertyType::int32, "2147483639", 1, 2147483639, "", own_bound, Effect::none},
    {"max.request.partition.size.limit", PropertyType::int32, "2000", 1, int32_max, "", own_limit, Effect::none},
    {"metadata.log.dir", PropertyType::string, "", 0, 0, "", one_directory, Effect::refused},
    {"metadata.log.max.snapshot.interval.ms", PropertyType::int64, "3600000", 0, int64_max, "", own_consensus,
     Effect::none},
    {"metadata.log.segment.ms", PropertyType::int64, "604800000", int64_min, int64_max, "", own_consensus,
     Effect::none},
    {"metadata.max.idle.interval.ms", PropertyType::int32, "500", 0, int32_max, "", own_consensus, Effect::none},
    {"metadata.max.retention.bytes", PropertyType::int64, "104857600", int64_min, int64_max, "", own_consensus,
     Effect::none},
    {"metadata.max.retention.ms", PropertyType::int64, "604800000", int64_min, int64_max, "", own_consensus,
     Effect::none},
    {"metric.reporters", PropertyType::list, "org.apache.kafka.common.metrics.JmxReporter", 0, 0, "", own_metrics,
     Effect::none},
    {"metrics.num.samples", PropertyType::int32, "2", 1, int32_max, "", own_metrics, Effect::none},
    {"metrics.recording.level", PropertyType::string, "INFO", 0, 0, "", own_metrics, Effect::none},
    {"metrics.sample.window.ms", PropertyType::int64, "30000", 1, int64_max, "", own_metrics, Effect::none},
    {"num.io.threads", PropertyType::int32, "8", 1, int32_max, "", shards_serve, Effect::none},
    {"num.network.threads", PropertyType::int32, "3", 1, int32_max, "", shards_serve, Effect::none},
    {"num.recovery.threads.per.data.dir", PropertyType::int32, "2", 1, int32_max, "", shards_serve, Effect::none},
    {"num.replica.alter.log.dirs.threads", PropertyType::int32, "", int32_min, int32_max, "", shards_serve,
     Effect::none},
    {"num.replica.fetchers", PropertyType::int32, "1", 1, int32_max, "", shards_serve, Effect::none},
    {"offsets.load.buffer.size", PropertyType::int32, "5242880", 1, int32_max, "", no_groups, Effect::none},
    {"offsets.topic.compression.codec", PropertyType::int32, "0", int32_min, int32_max, "", no_groups, Effect::none},
    {"principal.builder.class", PropertyType::class_name,
     "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder", 0, 0, "", no_builders,
     Effect::refused},
    {"process.roles", PropertyType::list, "broker,controller", 0, 0, "broker,controller",
     "Without effect: who is named in controller.quorum.voters decides about the metadata, and all serve clients.",
     Effect::none},
    {"producer.purgatory.purge.interval.requests", PropertyType::int32, "1000", int32_min, int32_max, "", no_purgatory,
     Effect::none},
    {"queued.max.requests", PropertyType::int32, "500", 1, int32_max, "", no_purgatory, Effect::none},
    {"quota.window.num", PropertyType::int32, "11", 1, int32_max, "", quota_windows, Effect::none},
    {"quota.window.size.seconds", PropertyType::int32, "1", 1, int32_max, "", quota_windows, Effect::none},
    {"remote.fetch.max.wait.ms", PropertyType::int32, "500", 1, int32_max, "", no_tiers, Effect::refused},
    {"remote.list.offsets.request.timeout.ms", PropertyType::int64, "30000", 1, int64_max, "", no_tiers,
     Effect::refused},
    {"remote.log.index.file.cache.total.size.bytes", PropertyType::int64, "1073741824", 1, int64_max, "", no_tiers,
     Effect::refused},
    {"remote.log.manager.copier.thread.pool.size", PropertyType::int32, "10", 1, int32_max, "", no_tiers,
     Effect::refused},
    {"remote.log.manager.copy.max.bytes.per.second", PropertyType::int64, "9223372036854775807", 1, int64_max, "",
     no_tiers, Effect::refused},
    {"remote.log.manager.copy.quota.window.num", PropertyType::int32, "11", 1, int32_max, "", no_tiers,
     Effect::refused},
    {"remote.log.manager.copy.quota.window.size.seconds", PropertyType::int32, "1", 1, int32_max, "", no_tiers,
     Effect::refused},
    {"remote.log.manager.expiration.thread.pool.size", PropertyType::int32, "10", 1, int32_max, "", no_tiers,
     Effect::refused},
    {"remote.log.manager.fetch.max.bytes.per.second", PropertyType::int64, "9223372036854775807", 1, int64_max, "",
     no_tiers, Effect::refused},
    {"remote.log.manager.fetch.quota.window.num", PropertyType::int32, "11", 1, int32_max, "", no_tiers,
     Effect::refused},
    {"remote.log.manager.fetch.quota.window.size.seconds", PropertyType::int32, "1", 1, int32_max, "", no_tiers,
     Effect::refused},
    {"remote.log.manager.follower.thread.pool.size", PropertyType::int32, "2", 1, int32_max, "", no_tiers,
     Effect::refused},
    {"remote.log.manager.task.interval.ms", PropertyType::int64, "30000", 1, int64_max, "", no_tiers, Effect::refused},
    {"remote.log.manager.thread.pool.size", PropertyType::int32, "2", 1, int32_max, "", no_tiers, Effect::refused},
    {"remote.log.metadata.custom.metadata.max.bytes", PropertyType::int32, "128", 0, int32_max, "", no_tiers,
     Effect::refused},
    {"remote.log.metadata.manager.class.name", PropertyType::string,
     "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager", 0, 0, "", no_tiers,
     Effect::refused},
    {"remote.log.metadata.manager.class.path", PropertyType::string, "", 0, 0, "", no_tiers, Effect::refused},
    {"remote.log.metadata.manager.impl.prefix", PropertyType::string, "rlmm.config.", 0, 0, "", no_tiers,
     Effect::refused},
    {"remote.log.metadata.manager.listener.name", PropertyType::string, "", 0, 0, "", no_tiers, Effect::refused},
    {"remote.log.reader.max.pending.tasks", PropertyType::int32, "100", 1, int32_max, "", no_tiers, Effect::refused},
    {"remote.log.reader.threads", PropertyType::int32, "10", 1, int32_max, "", no_tiers, Effect::refused},
    {"remote.log.storage.manager.class.name", PropertyType::string, "", 0, 0, "", no_tiers, Effect::refused},
    {"remote.log.storage.manager.class.path", PropertyType::string, "", 0, 0, "", no_tiers, Effect::refused},
    {"remote.log.storage.manager.impl.prefix", PropertyType::string, "rsm.config.", 0, 0, "", no_tiers,
     Effect::refused},
    {"remote.log.storage.system.enable", PropertyType::boolean, "false", 0, 0, "", no_tiers, Effect::refused},
    {"replica.alter.log.dirs.io.max.bytes.per.second", PropertyType::int64, "9223372036854775807", 0, int64_max, "",
     one_directory_move, Effect::none},
    {"replica.fetch.backoff.ms", PropertyType::int32, "1000", 0, int32_max, "", leaders_send, Effect::none},
    {"replica.fetch.max.bytes", PropertyType::int32, "1048576", 0, int32_max, "", leaders_send, Effect::none},
    {"replica.fetch.min.bytes", PropertyType::int32, "1", int32_min, int32_max, "", leaders_send, Effect::none},
    {"replica.fetch.response.max.bytes", PropertyType::int32, "10485760", 0, int32_max, "", leaders_send, Effect::none},
    {"replica.fetch.wait.max.ms", PropertyType::int32, "500", int32_min, int32_max, "", leaders_send, Effect::none},
    {"replica.high.watermark.checkpoint.interval.ms", PropertyType::int64, "5000", int64_min, int64_max, "",
     leaders_send, Effect::none},
    {"replica.socket.receive.buffer.bytes", PropertyType::int32, "65536", int32_min, int32_max, "", leaders_send,
     Effect::none},
    {"replica.socket.timeout.ms", PropertyType::int32, "30000", int32_min, int32_max, "", leaders_send, Effect::none},
    {"replication.quota.window.num", PropertyType::int32, "11", 1, int32_max, "", windows, Effect::none},
    {"replication.quota.window.size.seconds", PropertyType::int32, "1", 1, int32_max, "", windows, Effect::none},
    {"request.timeout.ms", PropertyType::int32, "30000", int32_min, int32_max, "", own_consensus, Effect::none},
    {"sasl.client.callback.handler.class", PropertyType::class_name, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.jaas.config", PropertyType::password, "", 0, 0, "", no_mechanism, Effect::refused},
    {"sasl.kerberos.kinit.cmd", PropertyType::string, "/usr/bin/kinit", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.kerberos.min.time.before.relogin", PropertyType::int64, "60000", int64_min, int64_max, "", no_sasl,
     Effect::refused},
    {"sasl.kerberos.principal.to.local.rules", PropertyType::list, "DEFAULT", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.kerberos.service.name", PropertyType::string, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.kerberos.ticket.renew.jitter", PropertyType::real, "0.05", int64_min, int64_max, "", no_sasl,
     Effect::refused},
    {"sasl.kerberos.ticket.renew.window.factor", PropertyType::real, "0.8", int64_min, int64_max, "", no_sasl,
     Effect::refused},
    {"sasl.login.callback.handler.class", PropertyType::class_name, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.login.class", PropertyType::class_name, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.login.connect.timeout.ms", PropertyType::int32, "", int32_min, int32_max, "", no_sasl, Effect::refused},
    {"sasl.login.read.timeout.ms", PropertyType::int32, "", int32_min, int32_max, "", no_sasl, Effect::refused},
    {"sasl.login.refresh.buffer.seconds", PropertyType::int16, "300", int16_min, int16_max, "", no_sasl,
     Effect::refused},
    {"sasl.login.refresh.min.period.seconds", PropertyType::int16, "60", int16_min, int16_max, "", no_sasl,
     Effect::refused},
    {"sasl.login.refresh.window.factor", PropertyType::real, "0.8", int64_min, int64_max, "", no_sasl, Effect::refused},
    {"sasl.login.refresh.window.jitter", PropertyType::real, "0.05", int64_min, int64_max, "", no_sasl,
     Effect::refused},
    {"sasl.login.retry.backoff.max.ms", PropertyType::int64, "10000", int64_min, int64_max, "", no_sasl,
     Effect::refused},
    {"sasl.login.retry.backoff.ms", PropertyType::int64, "100", int64_min, int64_max, "", no_sasl, Effect::refused},
    {"sasl.mechanism.controller.protocol", PropertyType::string, "GSSAPI", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.mechanism.inter.broker.protocol", PropertyType::string, "GSSAPI", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.assertion.algorithm", PropertyType::string, "RS256", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.assertion.claim.aud", PropertyType::string, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.assertion.claim.exp.seconds", PropertyType::int32, "300", 0, 86400, "", no_sasl,
     Effect::refused},
    {"sasl.oauthbearer.assertion.claim.iss", PropertyType::string, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.assertion.claim.jti.include", PropertyType::boolean, "false", 0, 0, "", no_sasl,
     Effect::refused},
    {"sasl.oauthbearer.assertion.claim.nbf.seconds", PropertyType::int32, "60", 0, 3600, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.assertion.claim.sub", PropertyType::string, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.assertion.file", PropertyType::string, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.assertion.private.key.file", PropertyType::string, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.assertion.private.key.passphrase", PropertyType::password, "", 0, 0, "", no_sasl,
     Effect::refused},
    {"sasl.oauthbearer.assertion.template.file", PropertyType::string, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.client.credentials.client.id", PropertyType::string, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.client.credentials.client.secret", PropertyType::password, "", 0, 0, "", no_sasl,
     Effect::refused},
    {"sasl.oauthbearer.jwt.retriever.class", PropertyType::class_name,
     "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.jwt.validator.class", PropertyType::class_name,
     "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.scope", PropertyType::string, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.oauthbearer.token.endpoint.url", PropertyType::string, "", 0, 0, "", no_sasl, Effect::refused},
    {"sasl.server.callback.handler.class", PropertyType::class_name, "", 0, 0, "", no_sasl, Effect::refused},
    {"security.inter.broker.protocol", PropertyType::string, "PLAINTEXT", 0, 0, "", no_tls, Effect::refused},
    {"security.providers", PropertyType::string, "", 0, 0, "", no_tls, Effect::refused},
    {"share.coordinator.append.linger.ms", PropertyType::int32, "-1", -1, int32_max, "", no_share_groups, Effect::none},
    {"share.coordinator.cached.buffer.max.bytes", PropertyType::int32, "1048588", 524288, int32_max, "",
     no_share_groups, Effect::none},
    {"share.coordinator.load.buffer.size", PropertyType::int32, "5242880", 1, int32_max, "", no_share_groups,
     Effect::none},
    {"share.coordinator.snapshot.update.records.per.snapshot", PropertyType::int32, "500", 0, 500, "", no_share_groups,
     Effect::none},
    {"share.coordinator.state.topic.compression.codec", PropertyType::int32, "0", int32_min, int32_max, "",
     no_share_groups, Effect::none},
    {"share.coordinator.state.topic.min.isr", PropertyType::int16, "2", 1, int16_max, "", no_share_groups,
     Effect::none},
    {"share.coordinator.state.topic.num.partitions", PropertyType::int32, "50", 1, int32_max, "", no_share_groups,
     Effect::none},
    {"share.coordinator.state.topic.replication.factor", PropertyType::int16, "3", 1, int16_max, "", no_share_groups,
     Effect::none},
    {"share.coordinator.state.topic.segment.bytes", PropertyType::int32, "104857600", 1, int32_max, "", no_share_groups,
     Effect::none},
    {"share.coordinator.threads", PropertyType::int32, "1", 1, int32_max, "", no_share_groups, Effect::none},
    {"share.coordinator.write.timeout.ms", PropertyType::int32, "5000", 1, int32_max, "", no_share_groups,
     Effect::none},
    {"share.fetch.purgatory.purge.interval.requests", PropertyType::int32, "1000", int32_min, int32_max, "",
     no_share_groups, Effect::none},
    {"socket.connection.setup.timeout.max.ms", PropertyType::int64, "30000", int64_min, int64_max, "", own_consensus,
     Effect::none},
    {"socket.connection.setup.timeout.ms", PropertyType::int64, "10000", int64_min, int64_max, "", own_consensus,
     Effect::none},
    {"socket.listen.backlog.size", PropertyType::int32, "50", 1, int32_max, "", by_system, Effect::none},
    {"socket.receive.buffer.bytes", PropertyType::int32, "102400", int32_min, int32_max, "", by_system, Effect::none},
    {"socket.send.buffer.bytes", PropertyType::int32, "102400", int32_min, int32_max, "", by_system, Effect::none},
    {"ssl.allow.dn.changes", PropertyType::boolean, "false", 0, 0, "", no_tls, Effect::refused},
    {"ssl.allow.san.changes", PropertyType::boolean, "false", 0, 0, "", no_tls, Effect::refused},
    {"ssl.endpoint.identification.algorithm", PropertyType::string, "https", 0, 0, "", no_tls, Effect::refused},
    {"ssl.engine.factory.class", PropertyType::class_name, "", 0, 0, "", no_tls, Effect::refused},
    {"ssl.keymanager.algorithm", PropertyType::string, "SunX509", 0, 0, "", no_tls, Effect::refused},
    {"ssl.protocol", PropertyType::string, "TLSv1.3", 0, 0, "", no_tls, Effect::refused},
    {"ssl.provider", PropertyType::string, "", 0, 0, "", no_tls, Effect::refused},
    {"ssl.secure.random.implementation", PropertyType::string, "", 0, 0, "", no_tls, Effect::refused},
    {"ssl.trustmanager.algorithm", PropertyType::string, "PKIX", 0, 0, "", no_tls, Effect::refused},
    {"telemetry.max.bytes", PropertyType::int32, "1048576", 1, int32_max, "", no_telemetry, Effect::none},
    {"transaction.abort.timed.out.transaction.cleanup.interval.ms", PropertyType::int32, "10000", 1, int32_max, "",
     aborted_at_once, Effect::none},
    {"transaction.partition.verification.enable", PropertyType::boolean, "true", 0, 0, "", always_verified,
     Effect::none},
    {"transaction.state.log.load.buffer.size", PropertyType::int32, "5242880", 1, int32_max, "", own_bound,
     Effect::none},
    {"transaction.two.phase.commit.enable", PropertyType::boolean, "false", 0, 0, "", no_two_phases, Effect::none},
    {"unclean.leader.election.enable", PropertyType::boolean, "false", 0, 0, "", never_unclean, Effect::none},
};

}  // namespace

std::span<const PropertyInfo> unserved_broker_properties() {
  return table;
}

}  // namespace fulmar
