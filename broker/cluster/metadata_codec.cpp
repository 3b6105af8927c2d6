#include "broker/cluster/metadata_codec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "broker/cluster/image_invariants.h"
#include "broker/protocol/describe.h"
#include "broker/protocol/work.h"
#include "runtime/base/utf8.h"
#include "runtime/fiber/slices.h"

namespace fulmar {

namespace {

constexpr std::int16_t image_version = 1;
// in one record of an image, so that a record takes no longer than a slice
constexpr std::size_t partitions_at_once = 1000;
// to write or read a record of an image, in addition to message_work()
constexpr Duration record_work = microseconds(1);
constexpr char earlier_first = '{';  // JSON; no kind may have this number, and no image's version this first byte
constexpr const char* earlier_message =
    "it is of an earlier release: `fulmar log upgrade DIR` converts it, once all brokers of the cluster are stopped";

struct Property {
  std::string name;
  std::string value;
};

template <class F>
void describe(F& f, Property& m) {
  f("name", m.name);
  f("value", m.value);
}

// A map is written as a list of its entries.
template <class Entry, class F, class Map>
void describe_map(F& f, const char* name, Map& map) {
  std::vector<Entry> list;
  for (const auto& [key, value] : map) list.push_back({key, value});
  f(name, list);
  if constexpr (!detail::sets_fields<F>) return;
  map.clear();
  for (auto& [key, value] : list) map.insert_or_assign(std::move(key), std::move(value));
}

struct QuotaName {
  std::string type;
  std::optional<std::string> name;
};

template <class F>
void describe(F& f, QuotaName& m) {
  f("type", m.type);
  f("name", m.name);
}

struct QuotaValue {
  std::string key;
  double value = 0;
};

template <class F>
void describe(F& f, QuotaValue& m) {
  f("key", m.key);
  f("value", m.value);
}

}  // namespace

template <class F>
void describe(F& f, ReplicaId& m) {
  f("broker", m.broker);
  f("directory", m.directory);
}

template <class F>
void describe(F& f, ConfigurationMark& m) {
  f("term", m.term);
  f("version", m.version);
}

template <class F>
void describe(F& f, SocketAddress& m) {
  f("host", m.host);
  f("port", m.port);
}

// Fields that most partitions do not set are tagged.
template <class F>
void describe(F& f, PartitionImage& m) {
  f("replicas", m.replicas);
  f.tagged(0, "adding", m.adding);
  f.tagged(1, "removing", m.removing);
  f.tagged(2, "settled", m.settled);
}

template <class F>
void describe(F& f, TopicImage& m) {
  f("id", m.id);
  std::vector<PartitionImage> partitions(m.partitions.begin(), m.partitions.end());
  f("partitions", partitions);
  if constexpr (detail::sets_fields<F>) m.partitions = partitions;
  describe_map<Property>(f, "configs", m.configs);
}

template <class F>
void describe(F& f, FeatureRange& m) {
  f("name", m.name);
  f("min", m.min);
  f("max", m.max);
}

template <class F>
void describe(F& f, ListenerImage& m) {
  f("name", m.name);
  f("protocol", m.protocol);
  f("address", m.address);
}

template <class F>
void describe(F& f, BrokerImage& m) {
  f("directory", m.directory);
  auto only = m.listeners.empty() ? SocketAddress() : m.listeners.front().address;
  f("listener", only, {.until = 1});
  f("internal", m.internal);
  f("rack", m.rack);
  f("fenced", m.fenced);
  f("stopping", m.stopping);
  f("leaving", m.leaving);
  f("incarnation", m.incarnation);
  f("features", m.features, {.since = 1});
  f("listeners", m.listeners, {.since = 2});
  if constexpr (detail::sets_fields<F>)
    if (m.listeners.empty() && only != SocketAddress()) m.listeners = plain_listener(only);
}

template <class F>
void describe(F& f, ClusterRecord& m) {
  f("cluster_id", m.cluster_id);
}

template <class F>
void describe(F& f, BrokerRecord& m) {
  f("broker", m.broker);
  f("image", m.image);
}

template <class F>
void describe(F& f, UnregisterRecord& m) {
  f("broker", m.broker);
}

template <class F>
void describe(F& f, TopicRecord& m) {
  f("name", m.name);
  f("topic", m.topic);
}

template <class F>
void describe(F& f, PartitionsRecord& m) {
  f("topic_id", m.topic_id);
  f("added", m.added);
}

template <class F>
void describe(F& f, PartitionRecord& m) {
  f("topic_id", m.topic_id);
  f("partition", m.partition);
  f("image", m.image);
}

template <class F>
void describe(F& f, DeleteTopicRecord& m) {
  f("topic_id", m.topic_id);
}

template <class F>
void describe(F& f, TopicConfigsRecord& m) {
  f("topic_id", m.topic_id);
  describe_map<Property>(f, "configs", m.configs);
}

template <class F>
void describe(F& f, BrokerConfigsRecord& m) {
  f("broker", m.broker);
  describe_map<Property>(f, "configs", m.configs);
}

template <class F>
void describe(F& f, GroupConfigsRecord& m) {
  f("group", m.group);
  describe_map<Property>(f, "configs", m.configs);
}

template <class F>
void describe(F& f, ClientQuotaRecord& m) {
  describe_map<QuotaName>(f, "entity", m.entity);
  describe_map<QuotaValue>(f, "values", m.values);
}

template <class F>
void describe(F& f, AclBinding& m) {
  f("type", m.type);
  f("pattern", m.pattern);
  f("name", m.name);
  f("principal", m.principal);
  f("host", m.host);
  f("operation", m.operation);
  f("permission", m.permission);
}

template <class F>
void describe(F& f, AclRecord& m) {
  f("acl", m.acl);
}

template <class F>
void describe(F& f, RemoveAclRecord& m) {
  f("acl", m.acl);
}

// Bytes: they are never printed.
template <class F>
void describe_secret(F& f, const char* name, std::string& secret) {
  auto bytes = Bytes::copy_of(secret);
  f(name, bytes);
  if constexpr (detail::sets_fields<F>) secret = bytes.view();
}

template <class F>
void describe(F& f, ScramCredentialRecord& m) {
  f("user", m.user);
  f("mechanism", m.mechanism);
  f("iterations", m.credential.iterations);
  describe_secret(f, "salt", m.credential.salt);
  describe_secret(f, "stored_key", m.credential.stored_key);
  describe_secret(f, "server_key", m.credential.server_key);
}

template <class F>
void describe(F& f, ProducerIdsRecord& m) {
  f("next", m.next);
}

template <class F>
void describe(F& f, ControllerRecord& m) {
  f("broker", m.broker);
  f("decides", m.decides);
}

template <class F>
void describe(F& f, FeatureLevelRecord& m) {
  f("name", m.name);
  f("level", m.level);
}

namespace {

// The version in which the record is written: what earlier releases can read stays as they know it.
template <class R>
std::int16_t version_of(const R&) {
  return R::schema.max;
}
std::int16_t version_of(const BrokerRecord& record) {
  bool readable_before = record.image.listeners.empty() || is_plain(record.image.listeners);
  return readable_before ? std::int16_t{1} : BrokerRecord::schema.max;
}

template <class R>
void write_record(Writer& writer, const R& record) {
  auto version = version_of(record);
  writer.unsigned_varint(R::type);
  writer.unsigned_varint(static_cast<std::uint32_t>(version));
  encode(writer, record, version);
}

// Calls visit(partition) for each partition in the record.
template <class Visit>
void each_partition(const TopicRecord& record, Visit&& visit) {
  for (const auto& partition : record.topic.partitions) visit(partition);
}
template <class Visit>
void each_partition(const PartitionsRecord& record, Visit&& visit) {
  for (const auto& partition : record.added) visit(partition);
}
template <class Visit>
void each_partition(const PartitionRecord& record, Visit&& visit) {
  visit(record.image);
}
template <class R, class Visit>
void each_partition(const R&, Visit&&) {}

// No release wrote a partition that contradicts itself: nothing that follows could serve it.
template <class R>
Result<void> check_partitions(const R& record) {
  std::optional<std::string_view> broken;
  each_partition(record, [&](const PartitionImage& partition) {
    if (!broken) broken = ImageInvariants::broken_in(partition);
  });
  if (broken) return fail(Errc::corrupt, std::string(R::schema.name) + ": " + std::string(*broken));
  return {};
}

// Nor one with a listener of a protocol that there is not; nor an entry of an access control list that none can be:
// what it allows or denies would be a guess.
template <class R>
Result<void> check_values(const R&) {
  return {};
}
Result<void> check_values(const BrokerRecord& record) {
  for (const auto& listener : record.image.listeners)
    if (listener.protocol < SecurityProtocol::plaintext || listener.protocol > SecurityProtocol::sasl_ssl)
      return fail(Errc::corrupt, "BrokerRecord: a listener of a protocol that is not known");
  return {};
}
Result<void> check_values(const AclRecord& record) {
  auto checked = check_acl(record.acl);
  if (!checked) return fail(Errc::corrupt, std::string(AclRecord::schema.name) + ": " + checked.error().detail);
  return {};
}

template <class R>
Result<MetadataRecord> read_record(Reader& reader, std::uint32_t version) {
  const auto& schema = R::schema;
  if (version > static_cast<std::uint32_t>(schema.max))
    return fail(Errc::unsupported,
                std::string(schema.name) + " of version " + std::to_string(version) + " is not known to this release");
  FULMAR_TRY(auto record, decode<R>(reader, static_cast<std::int16_t>(version)));
  if (reader.remaining() > 0) return fail(Errc::corrupt, std::string(schema.name) + ": bytes are left over after it");
  FULMAR_TRY_VOID(check_partitions(record));
  FULMAR_TRY_VOID(check_values(record));
  return record;
}

// Reads the kind of record that has this number.
template <std::size_t... index>
Result<MetadataRecord> read_any(Reader& reader, std::uint32_t type, std::uint32_t version,
                                std::index_sequence<index...>) {
  Result<MetadataRecord> read =
      fail(Errc::unsupported, "metadata of kind " + std::to_string(type) + " is not known to this release");
  auto try_kind = [&]<class R>(std::type_identity<R>) {
    if (R::type == type) read = read_record<R>(reader, version);
  };
  (try_kind(std::type_identity<std::variant_alternative_t<index, MetadataRecord>>()), ...);
  return read;
}

constexpr auto every_kind = std::make_index_sequence<std::variant_size_v<MetadataRecord>>();

Result<MetadataRecord> read_whole(Bytes bytes) {
  if (is_earlier_metadata(bytes.view())) return fail(Errc::unsupported, earlier_message);
  Reader reader(std::move(bytes));
  auto type = reader.unsigned_varint();
  auto version = reader.unsigned_varint();
  if (reader.failed()) return fail(Errc::corrupt, std::string("the metadata: ") + reader.error());
  return read_any(reader, type, version, every_kind);
}

// A topic of many partitions is made by several records.
template <class Take>
void take_topic(const std::string& name, const TopicImage& topic, Take&& take) {
  const auto count = topic.partitions.size();
  auto piece = [&](std::size_t from) {
    std::vector<PartitionImage> partitions;
    for (auto i = from; i < std::min(from + partitions_at_once, count); ++i) partitions.push_back(topic.partitions[i]);
    return partitions;
  };
  if (count <= partitions_at_once) return take(TopicRecord{name, topic});
  take(TopicRecord{name, {topic.id, piece(0), topic.configs}});
  for (auto from = partitions_at_once; from < count; from += partitions_at_once)
    take(PartitionsRecord{topic.id, piece(from)});
}

// Calls take(record) with records that make this image from an empty one.
template <class Take>
void for_each_record(const MetadataImage& image, Take&& take) {
  if (!image.cluster_id.empty()) take(ClusterRecord{image.cluster_id});
  for (const auto& [name, level] : image.features) take(FeatureLevelRecord{name, level});
  for (const auto& [id, directory] : image.retired) {
    take(BrokerRecord{id, {.directory = directory, .listeners = {}, .internal = {}, .rack = {}}});
    take(UnregisterRecord{id});
  }
  for (const auto& [id, broker] : image.brokers) take(BrokerRecord{id, broker});
  for (const auto& [id, decides] : image.controllers) take(ControllerRecord{id, decides});
  for (const auto& [id, configs] : image.broker_configs) take(BrokerConfigsRecord{id, configs});
  for (const auto& [group, configs] : image.group_configs) take(GroupConfigsRecord{group, configs});
  for (const auto& [entity, values] : image.client_quotas) take(ClientQuotaRecord{entity, values});
  for (const auto& [acl, nothing] : image.acls.bindings()) take(AclRecord{acl});
  image.scram_users.for_each([&](const std::string& user, ScramMechanism mechanism, const ScramCredential& credential) {
    take(ScramCredentialRecord{user, mechanism, credential});
  });
  for (const auto& [name, topic] : image.topics) take_topic(name, topic, take);
  if (image.next_producer_id != 0) take(ProducerIdsRecord{image.next_producer_id});
}

std::string text_of(Writer&& writer) {
  return std::string(std::move(writer).finish().flatten().view());
}

}  // namespace

bool is_earlier_metadata(std::string_view bytes) {
  return bytes.starts_with(earlier_first);
}

std::string encode(const MetadataRecord& record) {
  Writer writer;
  std::visit([&](const auto& known) { write_record(writer, known); }, record);
  return text_of(std::move(writer));
}

Result<MetadataRecord> decode_metadata_record(std::string_view bytes) {
  return read_whole(Bytes::copy_of(bytes));
}

std::string to_text(const MetadataRecord& record) {
  return std::visit([](const auto& known) { return known.schema.name + describe_text(known, version_of(known)); },
                    record);
}

// All else in the text is ASCII, so it is UTF-8 if each of the strings is.
Result<void> check_strings(const MetadataRecord& record) {
  if (is_utf8(to_text(record))) return {};
  return fail(Errc::invalid_argument, "a string that is no UTF-8");
}

std::string encode(const MetadataImage& image) {
  Writer writer;
  writer.int16(image_version);
  writer.int64(image.offset);
  for_each_record(image, [&](const auto& record) {
    Writer inner;
    write_record(inner, record);
    writer.unsigned_varint(static_cast<std::uint32_t>(inner.size()));
    work_in_slices(record_work + message_work(inner.size()));
    writer.splice(std::move(inner).finish());
  });
  return text_of(std::move(writer));
}

Result<MetadataImage> decode_metadata_image(std::string_view bytes) {
  if (is_earlier_metadata(bytes)) return fail(Errc::unsupported, earlier_message);
  Reader reader(Bytes::copy_of(bytes));
  auto version = reader.int16();
  if (!reader.failed() && version != image_version)
    return fail(Errc::unsupported, "an image of version " + std::to_string(version) + " is not known to this release");
  MetadataImage image;
  auto offset = reader.int64();
  while (!reader.failed() && reader.remaining() > 0) {
    auto size = reader.unsigned_varint();
    auto record = reader.slice(size);
    if (reader.failed()) break;
    FULMAR_TRY(auto change, read_whole(std::move(record)));
    apply_record(change, image);
    work_in_slices(record_work + message_work(size));
  }
  if (reader.failed()) return fail(Errc::corrupt, std::string("an image: ") + reader.error());
  image.offset = offset;
  return image;
}

std::string to_text(const MetadataImage& image) {
  std::string text = "offset " + std::to_string(image.offset);
  for_each_record(image, [&](const auto& record) { text += "\n" + to_text(record); });
  return text;
}

namespace {

// A random partition, made one that could be: with replicas, of which some are being added or removed.
PartitionImage made_possible(Random& random, PartitionImage partition) {
  auto& replicas = partition.replicas;
  std::sort(replicas.begin(), replicas.end());
  replicas.erase(std::unique(replicas.begin(), replicas.end()), replicas.end());
  if (replicas.empty()) replicas.push_back({});
  for (auto* part : {&partition.adding, &partition.removing})
    part->assign(replicas.begin(), replicas.begin() + random.between(0, std::ssize(replicas) - 1));
  return partition;
}

void make_possible(Random& random, TopicRecord& record) {
  std::vector<PartitionImage> partitions;
  for (const auto& partition : record.topic.partitions) partitions.push_back(made_possible(random, partition));
  record.topic.partitions = partitions;
}
void make_possible(Random& random, PartitionsRecord& record) {
  for (auto& partition : record.added) partition = made_possible(random, std::move(partition));
}
void make_possible(Random& random, PartitionRecord& record) {
  record.image = made_possible(random, std::move(record.image));
}
void make_possible(Random& random, BrokerRecord& record) {
  for (auto& listener : record.image.listeners)
    listener.protocol = static_cast<SecurityProtocol>(random.between(0, static_cast<int>(SecurityProtocol::sasl_ssl)));
}
void make_possible(Random& random, AclRecord& record) {
  auto& acl = record.acl;
  acl.type = random.chance(1, 2) ? AclResourceType::topic : AclResourceType::group;
  acl.pattern = random.chance(1, 2) ? AclPatternType::literal : AclPatternType::prefixed;
  acl.name += "n";
  acl.principal = "User:" + acl.principal + "p";
  acl.host += "h";
  acl.operation = static_cast<AclOperation>(random.between(2, 15));
  acl.permission = random.chance(1, 2) ? AclPermission::allow : AclPermission::deny;
}
template <class R>
void make_possible(Random&, R&) {}

}  // namespace

MetadataRecord generate_metadata_record(Random& random, std::size_t index) {
  MetadataRecord record;
  auto make = [&]<std::size_t... each>(std::index_sequence<each...>) {
    auto try_kind = [&]<std::size_t kind>(std::integral_constant<std::size_t, kind>) {
      using R = std::variant_alternative_t<kind, MetadataRecord>;
      if (kind == index) record = generate<R>(random, R::schema.max);
    };
    (try_kind(std::integral_constant<std::size_t, each>()), ...);
  };
  make(every_kind);
  std::visit([&](auto& known) { make_possible(random, known); }, record);
  return record;
}

}  // namespace fulmar
