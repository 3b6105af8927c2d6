#include "broker/cluster/image_invariants.h"

#include <algorithm>

#include "broker/cluster/topic_name.h"

namespace fulmar {

namespace {

using Broken = std::optional<std::string_view>;
using Replicas = std::vector<ReplicaId>;

bool names_one_twice(const Replicas& replicas) {
  for (auto id = replicas.begin(); id != replicas.end(); ++id)
    if (std::find(replicas.begin(), id, *id) != id) return true;
  return false;
}

bool all_among(const Replicas& part, const Replicas& all) {
  return std::ranges::all_of(part, [&](const auto& id) { return std::ranges::find(all, id) != all.end(); });
}

// Of a part of `all`.
bool in_order(const Replicas& part, const Replicas& all) {
  auto from = all.begin();
  for (const auto& id : part) {
    from = std::find(from, all.end(), id);
    if (from == all.end()) return false;
    ++from;
  }
  return true;
}

bool same_members(const Replicas& a, const Replicas& b) {
  return a.size() == b.size() && all_among(a, b);
}

Broken broken_in_topic(const MetadataImage& image, const std::string& name, const TopicImage& topic) {
  if (invalid_topic_name(name)) return "a topic has a name that no topic can have";
  const auto* named = image.topic_names.find(topic.id);
  if (!named || *named != name) return "a topic is not found by its id";
  if (topic.partitions.empty()) return "a topic has no partitions";
  for (const auto& partition : topic.partitions) {
    if (auto broken = ImageInvariants::broken_in(partition)) return broken;
    if (!in_order(partition.adding, partition.replicas) || !in_order(partition.removing, partition.replicas))
      return "replicas that are added or removed are in another order than the partition's";
    // One is unregistered only when no partition has it any more.
    for (const auto& id : partition.replicas)
      if (!image.brokers.contains(id.broker)) return "a replica is on a broker that is not registered";
  }
  return std::nullopt;
}

Broken broken_in_brokers(const MetadataImage& image) {
  for (const auto& [id, broker] : image.brokers) {
    if (id < 0) return "a broker has a negative id";
    auto retired = image.retired.find(id);
    if (retired != image.retired.end() && retired->second == broker.directory)
      return "a broker is registered with the directory with which it was unregistered";
    // Registrations by a release without features have none.
    if (!broker.features.empty() && !check_support(broker.features, image.features))
      return "a broker is registered that does not support the cluster's features";
  }
  for (const auto& [id, decides] : image.controllers)
    if (!image.brokers.contains(id)) return "a controller is not registered";
  return std::nullopt;
}

Broken broken_in_configs(const MetadataImage& image) {
  for (const auto& [id, configs] : image.broker_configs)
    if (configs.empty()) return "a broker has an entry without properties";
  for (const auto& [group, configs] : image.group_configs)
    if (group.empty() || configs.empty()) return "a group has no name, or an entry without properties";
  for (const auto& [entity, values] : image.client_quotas)
    if (!check_entity(entity) || values.empty()) return "quotas of nobody, or an entry without quotas";
  for (const auto& [name, level] : image.features)
    if (level <= 0) return "a feature is finalised at level 0 or below";
  return std::nullopt;
}

Broken broken_in_acls(const MetadataImage& image) {
  for (const auto& [acl, nothing] : image.acls.bindings())
    if (!check_acl(acl)) return "an access control list has an entry that none can be";
  return std::nullopt;
}

Broken broken_in_credentials(const MetadataImage& image) {
  Broken broken;
  if (image.scram_users.size() > 0 && level_of(image.features, metadata_version) < metadata_with_security)
    broken = "there are SCRAM credentials, which brokers of this metadata.version can't read";
  image.scram_users.for_each([&](const std::string&, ScramMechanism mechanism, const ScramCredential& credential) {
    bool known = mechanism == ScramMechanism::sha_256 || mechanism == ScramMechanism::sha_512;
    auto size = known ? digest_bytes(digest_of(mechanism)) : 0;
    if (!known)
      broken = "a SCRAM credential is of a mechanism that there is not";
    else if (credential.stored_key.size() != size || credential.server_key.size() != size)
      broken = "a SCRAM credential has keys of a wrong size";
    else if (credential.iterations < scram_iterations_min || credential.iterations > scram_iterations_max)
      broken = "a SCRAM credential has an impossible number of iterations";
  });
  return broken;
}

Broken broken_between_partitions(const PartitionImage& before, const PartitionImage& after) {
  if (after.settled < before.settled) return "a partition's settled configuration went back";
  const bool reassigned = before.changing() || after.changing() || before.settled != after.settled;
  if (!reassigned && !same_members(before.replicas, after.replicas))
    return "a partition has other replicas without a reassignment";
  return std::nullopt;
}

Broken broken_between_topics(const TopicImage& before, const TopicImage& after) {
  if (after.partition_count() < before.partition_count()) return "a topic has fewer partitions than before";
  Broken broken;
  PersistentVector<PartitionImage>::compare(before.partitions, after.partitions, [&](std::size_t index) {
    if (broken || index >= before.partitions.size()) return;
    broken = broken_between_partitions(before.partitions[index], after.partitions[index]);
  });
  return broken;
}

Broken broken_between_brokers(const MetadataImage& before, const MetadataImage& after) {
  for (const auto& [id, directory] : before.retired)
    if (!after.retired.contains(id)) return "an unregistered broker is forgotten";
  for (const auto& [id, broker] : before.brokers)
    if (!after.brokers.contains(id) && !after.retired.contains(id)) return "a broker is gone that was not unregistered";
  return std::nullopt;
}

}  // namespace

Broken ImageInvariants::broken_in(const PartitionImage& partition) {
  const auto& [replicas, adding, removing, settled] = partition;
  if (replicas.empty()) return "a partition has no replicas";
  if (names_one_twice(replicas) || names_one_twice(adding) || names_one_twice(removing))
    return "a partition names a replica twice";
  if (!all_among(adding, replicas)) return "a partition adds a replica that it does not have";
  if (!all_among(removing, replicas)) return "a partition removes a replica that it does not have";
  if (adding.size() == replicas.size()) return "all replicas of a partition are being added";
  if (removing.size() == replicas.size()) return "all replicas of a partition are being removed";
  return std::nullopt;
}

Broken ImageInvariants::broken_in(const MetadataImage& image) {
  if (image.offset < 0) return "the offset is negative";
  if (image.next_producer_id < 0) return "the next producer id is negative";
  if (auto broken = broken_in_brokers(image)) return broken;
  if (auto broken = broken_in_configs(image)) return broken;
  if (auto broken = broken_in_acls(image)) return broken;
  if (auto broken = broken_in_credentials(image)) return broken;
  if (image.topics.size() != image.topic_names.size()) return "topics and their ids are not as many";
  for (const auto& [name, topic] : image.topics)
    if (auto broken = broken_in_topic(image, name, topic)) return broken;
  return std::nullopt;
}

Broken ImageInvariants::broken_between(const MetadataImage& before, const MetadataImage& after) {
  if (after.offset < before.offset) return "the offset went back";
  if (!before.cluster_id.empty() && after.cluster_id != before.cluster_id) return "the cluster's id changed";
  if (after.next_producer_id < before.next_producer_id) return "the next producer id went back";
  // What was written at a higher level is not rewritten.
  if (level_of(after.features, metadata_version) < level_of(before.features, metadata_version))
    return "metadata.version went back";
  if (auto broken = broken_between_brokers(before, after)) return broken;
  Broken broken;
  PersistentMap<Uuid, std::string>::compare(before.topic_names, after.topic_names,
                                            [&](const Uuid&, const std::string* was, const std::string* is) {
                                              if (was && is) broken = "a topic's id has another name";
                                            });
  if (broken) return broken;
  PersistentMap<std::string, TopicImage>::compare(before.topics, after.topics,
                                                  [&](const std::string&, const TopicImage* was, const TopicImage* is) {
                                                    if (!broken && was && is && was->id == is->id)
                                                      broken = broken_between_topics(*was, *is);
                                                  });
  return broken;
}

}  // namespace fulmar
