// The properties of brokers: which there are, their defaults and bounds, which change while a broker runs, and what is
// said of those that are not served.
#include <algorithm>
#include <limits>
#include <vector>

#include "broker/server/config/admin_settings.h"
#include "broker/server/config/broker_config.h"
#include "broker/server/config/property_values.h"
#include "broker/server/config/sasl_settings.h"
#include "runtime/base/did_you_mean.h"

namespace fulmar {

namespace {

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t int64_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();

constexpr PropertyInfo table[] = {
    {"admin.http.console", PropertyType::boolean, "false", 0, 0, "",
     "Whether that listener serves the console: a page that shows the cluster, its records among it, to everybody who "
     "reaches it and has the token, if one is needed."},
    {"admin.http.console.changes", PropertyType::boolean, "false", 0, 0, "",
     "Whether topics, groups and access control lists can be changed by the console, as far as access control lists "
     "allow it to User:ANONYMOUS, whom the console's requests come from. Where others than this machine reach the "
     "listener, it needs a token or certificates of clients."},
    {"admin.http.listener", PropertyType::string, "", 0, 0, "",
     "The address at which metrics and health are served over HTTP, as HOST:PORT, or with TLS, as https://HOST:PORT; "
     "none: they are not. Without TLS it is for loopback, or a network that is trusted. Its certificate is that of "
     "ssl.*, or of admin.http.ssl.*, which overrides them."},
    {"admin.http.max.connections", PropertyType::int32, "64", 1, 10'000, "",
     "The most connections to that listener at once; further ones are answered 503."},
    {"admin.http.metrics.topics", PropertyType::list, "", 0, 0, "",
     "Topics whose partitions each scrape shows, as if it asked for them; at most 100."},
    {"admin.http.shard.stall.max.ms", PropertyType::int32, "10000", 100, int32_max, "",
     "A shard that has done nothing for so long makes /health/live fail."},
    {"admin.http.token.file", PropertyType::string, "", 0, 0, "",
     "A file with the token, 16 bytes or more, that clients of /metrics and of the console have to send as "
     "Authorization: Bearer; none: they need none."},
    {"advertised.listeners", PropertyType::list, "", 0, 0, "",
     "The addresses that clients are told, as NAME://HOST:PORT for listeners of `listeners`; one that is not named is "
     "told as it listens."},
    {"allow.everyone.if.no.acl.found", PropertyType::boolean, "false", 0, 0, "",
     "Whether everybody may do everything with a resource that no access control list is about. Of the authorizer."},
    {"authorizer.class.name", PropertyType::string, "", 0, 0, "",
     "org.apache.kafka.metadata.authorizer.StandardAuthorizer: clients may only do what access control lists allow "
     "them; none: everybody may do everything."},
    {"auto.create.topics.enable", PropertyType::boolean, "true", 0, 0, "",
     "Whether a topic that a client asks for and that does not exist is created."},
    {"auto.leader.rebalance.enable", PropertyType::boolean, "true", 0, 0, "",
     "Whether leaders hand over to the first of a partition's replicas, once that has kept up for a while."},
    {"broker.id", PropertyType::int32, "", 0, int32_max, "", "The same as node.id, by its older name."},
    {"broker.heartbeat.interval.ms", PropertyType::int32, "2000", 1, int32_max, "",
     "How often a broker of a cluster tells the controller that it is alive."},
    {"broker.rack", PropertyType::string, "", 0, 0, "", "Where the broker stands; replicas are spread over racks."},
    {"broker.session.timeout.ms", PropertyType::int32, "9000", 1, int32_max, "",
     "A broker that the controller has not heard of for so long is fenced: not shown to clients, given no replicas."},
    {"cluster.first.users.file", PropertyType::string, "", 0, 0, "",
     "A file with the users whose SCRAM credentials a new cluster begins with, one a line, as kafka-storage's "
     "--add-scram "
     "takes them: SCRAM-SHA-256=[name=alice,password=secret]. The controller that begins the cluster reads it; later "
     "starts do not need it."},
    {"cluster.secret.file", PropertyType::string, "", 0, 0, "",
     "A file with the secret that the cluster's brokers share, 16 bytes or more: who does not know it is not let in at "
     "the INTERNAL listener. Needed where that is not on a loopback address."},
    {"compression.gzip.level", PropertyType::int32, "-1", -1, 9, "-1,1,2,3,4,5,6,7,8,9",
     "The default of the topic property."},
    {"compression.lz4.level", PropertyType::int32, "9", 1, 17, "", "The default of the topic property."},
    {"compression.type", PropertyType::string, "producer", 0, 0, "producer,uncompressed,gzip,snappy,lz4,zstd",
     "The default of the topic property."},
    {"compression.zstd.level", PropertyType::int32, "3", -131072, 22, "", "The default of the topic property."},
    {"connection.failed.authentication.delay.ms", PropertyType::int32, "100", 0, int32_max, "",
     "How long a client that fails to authenticate waits for the answer, and is then closed."},
    {"connections.max.idle.ms", PropertyType::int64, "600000", 1, int64_max / 1'000'000, "",
     "A connection on which nothing comes for so long is closed."},
    {"connections.max.reauth.ms", PropertyType::int64, "0", 0, int64_max / 1'000'000, "",
     "How long a client that has authenticated may go on before it has to do so again (KIP-368); 0: for ever. Also "
     "after listener.name.NAME. and listener.name.NAME.MECHANISM."},
    {"controller.quorum.election.timeout.ms", PropertyType::int32, "400", 50, 600'000, "",
     "A controller that hears nothing of the one in charge for so long, up to half as long again, asks for an "
     "election; and "
     "one in charge that is not answered by a majority for so long resigns."},
    {"controller.quorum.heartbeat.interval.ms", PropertyType::int32, "80", 5, 60'000, "",
     "How often the controller in charge tells the others that it is; at most a third of the election timeout."},
    {"controller.quorum.voters", PropertyType::list, "", 0, 0, "",
     "The one to five brokers that decide about the cluster's metadata, as ID@HOST:PORT of their internal listeners, "
     "with "
     "commas between. A broker that is not among them joins their cluster."},
    {"default.replication.factor", PropertyType::int32, "1", 1, 32767, "",
     "The replication factor of a topic that does not say."},
    {"delete.topic.enable", PropertyType::boolean, "true", 0, 0, "", "Whether topics may be deleted."},
    {"fetch.max.bytes", PropertyType::int32, "57671680", 1024, int32_max, "",
     "The most bytes a fetch is answered with."},
    {"group.consumer.assignment.interval.ms", PropertyType::int32, "1000", 0, int32_max, "",
     "How long a consumer group keeps what it was assigned last before that is computed anew."},
    {"group.consumer.assignors", PropertyType::list, "uniform,range", 0, 0, "range,uniform",
     "What shares out the partitions of consumer groups (KIP-848); the first where no member asks for another."},
    {"group.consumer.heartbeat.interval.ms", PropertyType::int32, "5000", 1, int32_max, "",
     "How often the members of consumer groups are to be heard of."},
    {"group.consumer.max.heartbeat.interval.ms", PropertyType::int32, "15000", 1, int32_max, "",
     "The longest consumer.heartbeat.interval.ms that a group may be configured with."},
    {"group.consumer.max.session.timeout.ms", PropertyType::int32, "60000", 1, int32_max, "",
     "The longest consumer.session.timeout.ms that a group may be configured with."},
    {"group.consumer.max.size", PropertyType::int32, "2147483647", 1, int32_max, "",
     "The most members a consumer group may have."},
    {"group.consumer.migration.policy", PropertyType::string, "bidirectional", 0, 0,
     "bidirectional,disabled,downgrade,upgrade",
     "Which groups with members may become of the other kind: classic ones consumer groups (upgrade), these classic "
     "again once only classic members are left (downgrade), both, or none."},
    {"group.consumer.min.heartbeat.interval.ms", PropertyType::int32, "5000", 1, int32_max, "",
     "The shortest consumer.heartbeat.interval.ms that a group may be configured with."},
    {"group.consumer.min.session.timeout.ms", PropertyType::int32, "45000", 1, int32_max, "",
     "The shortest consumer.session.timeout.ms that a group may be configured with."},
    {"group.consumer.session.timeout.ms", PropertyType::int32, "45000", 1, int32_max, "",
     "A member of a consumer group that is not heard of for so long is out."},
    {"group.initial.rebalance.delay.ms", PropertyType::int32, "3000", 0, int32_max, "",
     "How long a group that begins waits for more members before it divides the partitions."},
    {"group.max.session.timeout.ms", PropertyType::int32, "1800000", 0, int32_max, "",
     "The longest session timeout that a group's members may ask for."},
    {"group.max.size", PropertyType::int32, "2147483647", 1, int32_max, "", "The most members a group may have."},
    {"group.min.session.timeout.ms", PropertyType::int32, "6000", 0, int32_max, "",
     "The shortest session timeout that a group's members may ask for."},
    {"leader.imbalance.check.interval.seconds", PropertyType::int64, "300", 1, 1'000'000'000, "",
     "How often leaders look whether another should lead; they hand over at the second look."},
    {"leader.replication.throttled.rate", PropertyType::int64, "9223372036854775807", 1, int64_max, "",
     "How many bytes of records a second the broker's leaders send, all together, to replicas that catch up and "
     "are not in sync; by default as many as they can."},
    {"listener.name.internal.max.connections", PropertyType::int32, "4096", 1, int32_max, "",
     "The most connections of other brokers served at once."},
    {"listener.security.protocol.map", PropertyType::string, default_protocols, 0, 0, "",
     "How each listener is guarded, as NAME:PROTOCOL with commas between; PROTOCOL is PLAINTEXT, SSL, SASL_PLAINTEXT "
     "or "
     "SASL_SSL. INTERNAL is PLAINTEXT or SSL; PLAINTEXT where it is not named."},
    {"listeners", PropertyType::list, "PLAINTEXT://127.0.0.1:9092", 0, 0, "",
     "Where to listen, as NAME://HOST:PORT with commas between: each name once, at a port of its own. INTERNAL is for "
     "the brokers of a cluster; the others are for clients, who are told the addresses of the listener by which they "
     "came."},
    {"log.cleaner.backoff.ms", PropertyType::int64, "15000", 0, int64_max / 1'000'000, "",
     "How long a shard's cleaner pauses once no log needs to be compacted."},
    {"log.cleaner.dedupe.buffer.size", PropertyType::int64, "134217728", int64_min, int64_max, "",
     "How many bytes the broker's cleaners have for the keys of what they compact at a time: about 32 each."},
    {"log.cleaner.delete.retention.ms", PropertyType::int64, "86400000", 0, int64_max, "",
     "The default of delete.retention.ms."},
    {"log.cleaner.enable", PropertyType::boolean, "true", 0, 0, "", "Whether logs are compacted at all."},
    {"log.cleaner.io.max.bytes.per.second", PropertyType::real, "1.7976931348623157E308", int64_min, int64_max, "",
     "How many bytes a second the broker's cleaners read and write, all together."},
    {"log.cleaner.max.compaction.lag.ms", PropertyType::int64, "9223372036854775807", 1, int64_max, "",
     "The default of max.compaction.lag.ms."},
    {"log.cleaner.min.cleanable.ratio", PropertyType::real, "0.5", 0, 1, "",
     "The default of min.cleanable.dirty.ratio."},
    {"log.cleaner.min.compaction.lag.ms", PropertyType::int64, "0", 0, int64_max, "",
     "The default of min.compaction.lag.ms."},
    {"log.cleanup.policy", PropertyType::list, "delete", 0, 0, "delete,compact", "The default of cleanup.policy."},
    {"log.dir", PropertyType::list, "", 0, 0, "", "The same as log.dirs, which wins over it."},
    {"log.dirs", PropertyType::list, "", 0, 0, "", "The data directory, where --data-dir does not say; only one."},
    {"log.flush.interval.messages", PropertyType::int64, "1", 1, int64_max, "", "The default of flush.messages."},
    {"log.flush.interval.ms", PropertyType::int64, "9223372036854775807", 0, int64_max, "", "The default of flush.ms."},
    {"log.flush.offset.checkpoint.interval.ms", PropertyType::int32, "60000", 1, int32_max, "",
     "How often it is written down up to where the logs are known to be synced."},
    {"log.index.interval.bytes", PropertyType::int32, "4096", 0, int32_max, "", "The default of index.interval.bytes."},
    {"log.index.size.max.bytes", PropertyType::int32, "10485760", 4, int32_max, "",
     "The default of segment.index.bytes."},
    {"log.message.timestamp.after.max.ms", PropertyType::int64, "3600000", 0, int64_max, "",
     "The default of message.timestamp.after.max.ms."},
    {"log.message.timestamp.before.max.ms", PropertyType::int64, "9223372036854775807", 0, int64_max, "",
     "The default of message.timestamp.before.max.ms."},
    {"log.message.timestamp.type", PropertyType::string, "CreateTime", 0, 0, "CreateTime,LogAppendTime",
     "The default of message.timestamp.type."},
    {"log.retention.bytes", PropertyType::int64, "-1", -1, int64_max, "", "The default of retention.bytes."},
    {"log.retention.check.interval.ms", PropertyType::int64, "300000", 1, int64_max / 1'000'000, "",
     "How often the logs are looked through for segments that may go."},
    {"log.retention.hours", PropertyType::int32, "168", -1, int32_max, "",
     "The default of retention.ms, in hours; -1: no limit."},
    {"log.retention.minutes", PropertyType::int32, "", -1, int32_max, "",
     "The same in minutes; wins over log.retention.hours."},
    {"log.retention.ms", PropertyType::int64, "", -1, int64_max, "",
     "The same in milliseconds; wins over log.retention.minutes."},
    {"log.roll.hours", PropertyType::int32, "168", 1, int32_max, "", "The default of segment.ms, in hours."},
    {"log.roll.ms", PropertyType::int64, "", 1, int64_max, "", "The same in milliseconds; wins over log.roll.hours."},
    {"log.segment.bytes", PropertyType::int32, "1073741824", 14, int32_max, "", "The default of segment.bytes."},
    {"log.segment.delete.delay.ms", PropertyType::int64, "60000", 0, int64_max, "",
     "Without effect: files of a deleted topic, and of segments past retention, are removed at once.", Effect::none},
    {"max.connections", PropertyType::int32, "2147483647", 0, int32_max, "",
     "The most connections of clients the broker has at once; one more is closed. However many may be set, connections "
     "are refused before the files that the process may open run out."},
    {"max.connections.per.ip", PropertyType::int32, "2147483647", 0, int32_max, "",
     "The most connections from one address; one more is closed."},
    {"max.incremental.fetch.session.cache.slots", PropertyType::int32, "1000", 0, int32_max, "",
     "The most fetch sessions a shard remembers."},
    {"message.max.bytes", PropertyType::int32, "1048588", 0, int32_max, "", "The default of max.message.bytes."},
    {"metadata.log.max.record.bytes.between.snapshots", PropertyType::int64, "20971520", 1, int64_max, "",
     "After how many bytes of records the metadata is written down whole, and the log before it goes."},
    {"metadata.log.segment.bytes", PropertyType::int32, "8388608", 14, int32_max, "",
     "The size at which a new segment of the metadata's log begins, in bytes."},
    {"min.insync.replicas", PropertyType::int32, "1", 1, int32_max, "", "The default of min.insync.replicas."},
    {"node.id", PropertyType::int32, "1", 0, int32_max, "", "The broker's number in the cluster."},
    {"num.partitions", PropertyType::int32, "1", 1, 100'000, "", "The partitions of a topic that does not say."},
    {"offset.metadata.max.bytes", PropertyType::int32, "4096", 0, int32_max, "",
     "The most bytes that may be committed with an offset for its reader."},
    {"offsets.commit.timeout.ms", PropertyType::int32, "5000", 1, int32_max, "",
     "How long a commit of offsets waits for the replicas before its client is told to try again."},
    {"offsets.retention.check.interval.ms", PropertyType::int64, "600000", 1, int64_max / 1'000'000, "",
     "How often committed offsets are looked through for those that have expired."},
    {"offsets.retention.minutes", PropertyType::int32, "10080", 1, int32_max, "",
     "How long committed offsets are kept after their group has lost its last member, or has left their topic."},
    {"offsets.topic.num.partitions", PropertyType::int32, "50", 1, 100'000, "",
     "How many partitions the topic of committed offsets is made with; must not change afterwards."},
    {"offsets.topic.replication.factor", PropertyType::int16, "3", 1, 32767, "",
     "The replication factor it is made with; as many as the cluster has brokers, if those are fewer."},
    {"offsets.topic.segment.bytes", PropertyType::int32, "104857600", 1024 * 1024, int32_max, "",
     "The size of its segments."},
    {"producer.id.expiration.ms", PropertyType::int32, "86400000", 1, int32_max, "",
     "An idempotent producer that wrote nothing for so long is forgotten."},
    {"queued.max.request.bytes", PropertyType::int64, "536870912", 1, int64_max, "",
     "The most bytes of requests a shard holds at once; connections wait when there are more. An eighth is kept for "
     "requests of up to 64 KiB."},
    {"queued.max.response.bytes", PropertyType::int64, "134217728", 1, int64_max, "",
     "The most bytes of answers a shard holds at once; fetches are answered with less, or wait, when there are more. "
     "An eighth is kept for answers of up to 64 KiB."},
    {"replica.election.timeout.ms", PropertyType::int32, "400", 50, 600'000, "",
     "A replica that hears nothing of its partition's leader for so long, up to half as long again, asks for an "
     "election; "
     "and a leader that is not answered by a majority for so long resigns."},
    {"replica.heartbeat.interval.ms", PropertyType::int32, "80", 5, 60'000, "",
     "How often a leader tells its followers that it is there; at most a third of the election timeout."},
    {"replica.lag.time.max.ms", PropertyType::int64, "30000", 1, int64_max / 1'000'000, "",
     "A replica that for so long did not have all that its leader had is out of sync."},
    {"replica.selector.class", PropertyType::string, "org.apache.kafka.common.replica.LeaderSelector", 0, 0,
     "org.apache.kafka.common.replica.LeaderSelector,org.apache.kafka.common.replica.RackAwareReplicaSelector",
     "Where consumers read: from leaders, or those that tell their rack from a replica in it. The same on all "
     "brokers."},
    {"request.slow.ms", PropertyType::int64, "1000", -1, int64_max / 1'000'000, "",
     "A request that takes so long, without the time that its client asked it to wait, is logged with where the time "
     "went; -1: none is."},
    {"sasl.enabled.mechanisms", PropertyType::list, "GSSAPI", 0, 0, "",
     "How clients may authenticate on listeners with SASL: some of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and "
     "OAUTHBEARER. GSSAPI, which is Kafka's default, is not served, so that it has to be set. Also after "
     "listener.name.NAME."},
    {"sasl.oauthbearer.allow.unverified.audience", PropertyType::boolean, "false", 0, 0, "",
     "Whether OAUTHBEARER may be served without sasl.oauthbearer.expected.audience."},
    {"sasl.oauthbearer.allow.unverified.issuer", PropertyType::boolean, "false", 0, 0, "",
     "Whether OAUTHBEARER may be served without sasl.oauthbearer.expected.issuer."},
    {"sasl.oauthbearer.clock.skew.seconds", PropertyType::int32, "30", 0, 86'400, "",
     "By how much the clock of who issues tokens may differ from the broker's."},
    {"sasl.oauthbearer.expected.audience", PropertyType::list, "", 0, 0, "",
     "Whom tokens have to be meant for: one of these has to be in the claim aud."},
    {"sasl.oauthbearer.expected.issuer", PropertyType::string, "", 0, 0, "",
     "Who has to have issued tokens: the claim iss."},
    {"sasl.oauthbearer.jwks.endpoint.refresh.ms", PropertyType::int64, "3600000", 1, int64_max / 1'000'000, "",
     "How often the keys are fetched again. A file is looked at every 5 seconds, if this is not less."},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", PropertyType::int64, "10000", 1, int64_max / 1'000'000, "",
     "The longest pause between tries to fetch the keys."},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", PropertyType::int64, "100", 1, int64_max / 1'000'000, "",
     "The pause after a first try to fetch the keys that failed; it doubles with each further one."},
    {"sasl.oauthbearer.jwks.endpoint.url", PropertyType::string, "", 0, 0, "",
     "The public keys (JWKS) of who issues tokens: https://HOST/PATH, http://HOST/PATH, or file:///PATH."},
    {"sasl.oauthbearer.scope.claim.name", PropertyType::string, "scope", 0, 0, "",
     "The claim that has a token's scope, if it has one."},
    {"sasl.oauthbearer.sub.claim.name", PropertyType::string, "sub", 0, 0, "", "The claim that has the user's name."},
    {"sasl.server.max.receive.size", PropertyType::int32, "524288", 1, int32_max, "",
     "The largest request of a client that has not authenticated yet, in bytes."},
    {"socket.request.max.bytes", PropertyType::int32, "104857600", 1, int32_max, "",
     "The largest request; a larger one closes its connection."},
    {"ssl.cipher.suites", PropertyType::list, "", 0, 0, "",
     "The cipher suites that TLS may use, by their IANA names; none: OpenSSL's. If all are of one version of TLS, the "
     "other is off."},
    {"ssl.client.auth", PropertyType::string, "none", 0, 0, "none,requested,required",
     "Whether clients of listeners with TLS have to have a certificate that ssl.truststore.* trusts: the principal is "
     "then the name in it."},
    {"ssl.enabled.protocols", PropertyType::list, "TLSv1.2,TLSv1.3", 0, 0, "TLSv1.2,TLSv1.3", "The versions of TLS."},
    {"ssl.handshake.timeout.ms", PropertyType::int32, "10000", 1, 600'000, "",
     "A TLS handshake that takes so long is given up."},
    {"ssl.key.password", PropertyType::password, "", 0, 0, "", "The password of an encrypted PEM key."},
    {"ssl.keystore.certificate.chain", PropertyType::password, "", 0, 0, "",
     "The broker's certificate and the intermediate ones, as PEM: itself, not in a file."},
    {"ssl.keystore.key", PropertyType::password, "", 0, 0, "", "The key of that certificate, as PEM."},
    {"ssl.keystore.location", PropertyType::string, "", 0, 0, "",
     "The file with the broker's certificate and its key, of ssl.keystore.type. New contents are taken while the "
     "broker "
     "runs."},
    {"ssl.keystore.password", PropertyType::password, "", 0, 0, "", "The password of a PKCS12 keystore."},
    {"ssl.keystore.type", PropertyType::string, "JKS", 0, 0, "JKS,PKCS12,PEM",
     "The format of ssl.keystore.location. JKS, Kafka's default, is not served."},
    {"ssl.principal.mapping.rules", PropertyType::string, "DEFAULT", 0, 0, "",
     "Which user the name in a client's certificate stands for: RULE:pattern/replacement/[LU] or DEFAULT, with commas "
     "between; the first that applies."},
    {"ssl.session.tickets.enable", PropertyType::boolean, "true", 0, 0, "",
     "Whether TLS sessions are resumed, by tickets that clients keep."},
    {"ssl.truststore.certificates", PropertyType::password, "", 0, 0, "",
     "The certificates that are trusted, as PEM: themselves, not in a file."},
    {"ssl.truststore.location", PropertyType::string, "", 0, 0, "",
     "The file with the certificates that are trusted, of ssl.truststore.type. New contents are taken while the broker "
     "runs."},
    {"ssl.truststore.password", PropertyType::password, "", 0, 0, "", "The password of a PKCS12 truststore."},
    {"ssl.truststore.type", PropertyType::string, "JKS", 0, 0, "JKS,PKCS12,PEM",
     "The format of ssl.truststore.location. JKS, Kafka's default, is not served."},
    {"super.users", PropertyType::string, "", 0, 0, "",
     "Principals who may do everything, separated by ';', as User:alice;User:bob. Of the authorizer."},
    {"transaction.max.timeout.ms", PropertyType::int32, "900000", 1, int32_max, "",
     "The longest timeout that a transactional producer may ask for."},
    {"transaction.remove.expired.transaction.cleanup.interval.ms", PropertyType::int32, "3600000", 1, int32_max, "",
     "How often transactional ids are looked through for those that have expired."},
    {"transaction.state.log.min.isr", PropertyType::int32, "2", 1, int32_max, "",
     "min.insync.replicas of the topic of transactions, as it is made; at most its replication factor."},
    {"transaction.state.log.num.partitions", PropertyType::int32, "50", 1, 100'000, "",
     "How many partitions the topic of transactions is made with; must not change afterwards."},
    {"transaction.state.log.replication.factor", PropertyType::int16, "3", 1, 32767, "",
     "The replication factor it is made with; as many as the cluster has brokers, if those are fewer."},
    {"transaction.state.log.segment.bytes", PropertyType::int32, "104857600", 1024 * 1024, int32_max, "",
     "The size of its segments."},
    {"transactional.id.expiration.ms", PropertyType::int32, "604800000", 1, int32_max, "",
     "A transactional id that nobody used for so long is forgotten, unless its transaction is open."},
};

// What Kafka 4.4 lets an administrator change while a broker runs, except listeners, which can't be changed here,
// log.flush.interval.messages (see check_alteration()), and refused properties.
constexpr std::string_view dynamic_names[] = {
    "background.threads",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.type",
    "compression.zstd.level",
    "errors.deadletterqueue.auto.create.topics.enable",
    "errors.deadletterqueue.topic.name.prefix",
    "follower.replication.throttled.rate",
    "group.consumer.assignment.interval.ms",
    "group.coordinator.cached.buffer.max.bytes",
    "group.share.assignment.interval.ms",
    "group.streams.assignment.interval.ms",
    "leader.replication.throttled.rate",
    "log.cleaner.backoff.ms",
    "log.cleaner.dedupe.buffer.size",
    "log.cleaner.delete.retention.ms",
    "log.cleaner.io.buffer.load.factor",
    "log.cleaner.io.buffer.size",
    "log.cleaner.io.max.bytes.per.second",
    "log.cleaner.max.compaction.lag.ms",
    "log.cleaner.min.cleanable.ratio",
    "log.cleaner.min.compaction.lag.ms",
    "log.cleaner.threads",
    "log.cleanup.policy",
    "log.flush.interval.ms",
    "log.index.interval.bytes",
    "log.index.size.max.bytes",
    "log.message.timestamp.after.max.ms",
    "log.message.timestamp.before.max.ms",
    "log.message.timestamp.type",
    "log.preallocate",
    "log.retention.bytes",
    "log.retention.ms",
    "log.roll.jitter.ms",
    "log.roll.ms",
    "log.segment.bytes",
    "log.segment.delete.delay.ms",
    "max.connections",
    "max.connections.per.ip",
    "max.decompressed.message.bytes",
    "message.max.bytes",
    "metric.reporters",
    "min.insync.replicas",
    "num.io.threads",
    "num.network.threads",
    "num.recovery.threads.per.data.dir",
    "num.replica.fetchers",
    "producer.id.expiration.ms",
    "replica.alter.log.dirs.io.max.bytes.per.second",
    "share.coordinator.cached.buffer.max.bytes",
    "transaction.partition.verification.enable",
    "unclean.leader.election.enable",
};

// Prefixes of properties of plug-ins and listeners that are not in the tables.
constexpr std::pair<std::string_view, std::string_view> refused_families[] = {
    {"listener.name.", "a listener has none of that name of its own"},
    {"sasl.", "it is not used by PLAIN, SCRAM and OAUTHBEARER"},
    {"remote.", "there is no tiered storage here"},
    {"rlmm.config.", "there is no tiered storage here"},
    {"rsm.config.", "there is no tiered storage here"},
    {"zookeeper.", "there is no ZooKeeper here, nor in Kafka from 4.0 on"},
};

}  // namespace

std::span<const PropertyInfo> broker_properties() {
  return table;
}

const PropertyInfo* find_broker_property(std::string_view name) {
  const auto* info = find_property(table, name);
  if (auto own = listener_property(name); !info && own) return find_property(table, own->property);
  if (auto of_admin = admin_tls_property(name); !info && of_admin) return find_property(table, *of_admin);
  return info ? info : find_property(unserved_broker_properties(), name);
}

bool is_dynamic(std::string_view broker_property) {
  return std::find(std::begin(dynamic_names), std::end(dynamic_names), broker_property) != std::end(dynamic_names);
}

Result<Properties> checked_broker_properties(const Properties& given) {
  Properties properties;
  for (const auto& [name, value] : given) {
    const auto* info = find_broker_property(name);
    if (!info) info = find_sasl_listener_property(name);
    if (!info) {
      for (auto [prefix, why] : refused_families)
        if (name.starts_with(prefix))
          return fail(Errc::invalid_argument, "Configuration " + name + " is not served: " + std::string(why));
      auto names = names_of(table);
      for (const auto& unserved : unserved_broker_properties()) names.push_back(unserved.name);
      return fail(Errc::invalid_argument, "Unknown configuration " + name + did_you_mean(name, names));
    }
    FULMAR_TRY(auto kept, checked_value(*info, value));
    if (kept.empty() && info->effect == Effect::refused) continue;
    properties.emplace(name, std::move(kept));
  }
  for (auto name : {"log.retention.hours", "log.retention.minutes", "log.retention.ms"})
    if (auto set = properties.find(name); set != properties.end() && set->second == "0")
      return invalid_value(name, "0", "must be at least 1, or -1 for no limit");
  return properties;
}

}  // namespace fulmar
