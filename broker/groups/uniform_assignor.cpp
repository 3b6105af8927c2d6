// Topics with the same subscribers are assigned together, as a class. First each member keeps the partitions that it
// has. Then the partitions of each class without an owner go to its subscribers: to those in the rack of a replica, up
// to an even share, then to the one with the fewest partitions. Then partitions move, within a class, from the member
// with the most partitions to the one with the fewest, until no such move helps. Each move makes the sum of the squares
// of the members' loads smaller, so this ends; and if all members are subscribed to the same topics, it makes no more
// moves than are needed for the balance.
#include <algorithm>
#include <utility>

#include "broker/groups/assignor.h"
#include "runtime/base/assert.h"

namespace fulmar {

namespace {

// How many choices that are otherwise equal are compared by rack and by topic.
constexpr std::size_t compared_max = 16;

class Uniform {
 public:
  explicit Uniform(const AssignorInput& input) : input_(input) {
    for (const auto& [id, member] : input.members) members_.push_back({&id, &member, 0, {}});
    std::map<Uuid, std::vector<std::size_t>> subscribers;
    for (std::size_t m = 0; m < members_.size(); ++m)
      for (const auto& topic : members_[m].member->topics)
        if (input.topics.contains(topic)) subscribers[topic].push_back(m);
    std::map<std::vector<std::size_t>, std::vector<Uuid>> classes;
    for (auto& [topic, members] : subscribers) classes[std::move(members)].push_back(topic);
    for (auto& [members, topics] : classes) classes_.push_back({members, std::move(topics)});
    // Topics with the fewest subscribers come first.
    std::ranges::sort(classes_, {}, [](const auto& one) { return std::pair(one.members.size(), one.members); });
  }

  Assignments run() {
    keep();
    for (const auto& one : classes_) give_out(one);
    // A move in one class may make a move in another class useful.
    bool moved = true;
    while (std::exchange(moved, false))
      for (const auto& one : classes_) moved = balance(one) || moved;
    Assignments assignments;
    for (auto& member : members_) assignments.emplace(*member.id, std::move(member.owned));
    return assignments;
  }

 private:
  struct Member {
    const std::string* id;
    const AssignorMember* member;
    std::size_t load;
    PartitionSets owned;
  };
  struct Class {
    std::vector<std::size_t> members;
    std::vector<Uuid> topics;
  };
  struct Place {
    Uuid topic;
    std::int32_t partition;
  };
  using ByLoad = std::set<std::pair<std::size_t, std::size_t>>;  // load, member

  bool near(const Member& member, const Place& place) const {
    const auto& racks = input_.topics.at(place.topic).racks;
    auto index = static_cast<std::size_t>(place.partition);
    return member.member->rack && index < racks.size() && racks[index].contains(*member.member->rack);
  }
  static std::size_t of_topic(const Member& member, const Uuid& topic) {
    auto found = member.owned.find(topic);
    return found == member.owned.end() ? 0 : found->second.size();
  }
  void give(Member& member, const Place& place) {
    member.owned[place.topic].insert(place.partition);
    ++member.load;
  }
  void take(Member& member, const Place& place) {
    auto topic = member.owned.find(place.topic);
    topic->second.erase(place.partition);
    if (topic->second.empty()) member.owned.erase(topic);
    --member.load;
  }

  void keep() {
    for (auto& member : members_) {
      if (!member.member->current) continue;
      for (const auto& [id, partitions] : *member.member->current) {
        auto topic = input_.topics.find(id);
        if (topic == input_.topics.end() || !member.member->topics.contains(id)) continue;
        auto& owned = owned_[id];
        for (auto partition : partitions)
          if (partition >= 0 && partition < topic->second.partitions && owned.insert(partition).second)
            give(member, {id, partition});
      }
    }
  }

  // Of the members with the lowest load, the one for which the partition is best: by rack, then by topic.
  std::size_t choose(const ByLoad& by_load, const Place& place) const {
    std::size_t best = by_load.begin()->second;
    std::size_t compared = 0;
    for (const auto& [load, m] : by_load) {
      if (load != by_load.begin()->first || ++compared > compared_max) break;
      auto suits = [&](std::size_t member) {
        return std::pair(!near(members_[member], place), of_topic(members_[member], place.topic));
      };
      if (suits(m) < suits(best)) best = m;
    }
    return best;
  }

  void give_out(const Class& one) {
    std::vector<Place> free;
    std::size_t load = 0;
    for (const auto& id : one.topics)
      for (std::int32_t partition = 0; partition < input_.topics.at(id).partitions; ++partition)
        if (auto owned = owned_.find(id); owned == owned_.end() || !owned->second.contains(partition))
          free.push_back({id, partition});
    if (free.empty()) return;
    ByLoad by_load;
    std::map<std::string, ByLoad> by_rack;
    for (auto m : one.members) {
      load += members_[m].load;
      by_load.insert({members_[m].load, m});
      if (members_[m].member->rack) by_rack[*members_[m].member->rack].insert({members_[m].load, m});
    }
    auto give_to = [&](std::size_t m, const Place& place) {
      auto& member = members_[m];
      by_load.erase({member.load, m});
      if (member.member->rack) by_rack[*member.member->rack].erase({member.load, m});
      give(member, place);
      by_load.insert({member.load, m});
      if (member.member->rack) by_rack[*member.member->rack].insert({member.load, m});
    };
    // No member gets more than an even share because of its rack.
    std::size_t even = (load + free.size()) / one.members.size();
    if (!by_rack.empty()) {
      std::erase_if(free, [&](const Place& place) {
        const auto& racks = input_.topics.at(place.topic).racks;
        if (static_cast<std::size_t>(place.partition) >= racks.size()) return false;
        const std::pair<std::size_t, std::size_t>* least = nullptr;
        for (const auto& rack : racks[static_cast<std::size_t>(place.partition)])
          if (auto there = by_rack.find(rack); there != by_rack.end() && (!least || *there->second.begin() < *least))
            least = &*there->second.begin();
        if (!least || least->first >= even) return false;
        give_to(std::size_t(least->second), place);
        return true;
      });
    }
    for (const auto& place : free) give_to(choose(by_load, place), place);
  }

  // The partition of the class that moves from one member to the other: of the topic of which `from` has most more
  // partitions than `to`; of these, the best by rack.
  Place choose_move(const Class& one, const Member& from, const Member& to) const {
    const std::set<std::int32_t>* best = nullptr;
    Uuid topic;
    std::int64_t most = 0;
    for (const auto& id : one.topics) {
      auto there = from.owned.find(id);
      if (there == from.owned.end()) continue;
      auto more = static_cast<std::int64_t>(there->second.size()) - static_cast<std::int64_t>(of_topic(to, id));
      if (best && more <= most) continue;
      best = &there->second;
      topic = id;
      most = more;
    }
    FULMAR_ASSERT(best);
    Place place{topic, *best->rbegin()};
    auto suits = [&](const Place& other) { return int(near(to, other)) - int(near(from, other)); };
    std::size_t compared = 0;
    for (auto partition = best->rbegin(); partition != best->rend() && ++compared <= compared_max; ++partition)
      if (suits({topic, *partition}) > suits(place)) place.partition = *partition;
    return place;
  }

  // Returns whether it moved any partition.
  bool balance(const Class& one) {
    ByLoad all, owners;  // owners: the members that have partitions of the class
    auto owns = [&](const Member& member) {
      return std::ranges::any_of(one.topics, [&](const auto& id) { return member.owned.contains(id); });
    };
    for (auto m : one.members) {
      all.insert({members_[m].load, m});
      if (owns(members_[m])) owners.insert({members_[m].load, m});
    }
    bool moved = false;
    while (!owners.empty()) {
      auto most = owners.rbegin()->first;
      auto least = all.begin()->first;
      if (most < least + 2) break;
      auto from = owners.rbegin()->second;
      auto to = all.begin()->second;
      for (auto m : {from, to}) {
        all.erase({members_[m].load, m});
        owners.erase({members_[m].load, m});
      }
      auto place = choose_move(one, members_[from], members_[to]);
      take(members_[from], place);
      give(members_[to], place);
      for (auto m : {from, to}) {
        all.insert({members_[m].load, m});
        if (owns(members_[m])) owners.insert({members_[m].load, m});
      }
      moved = true;
    }
    return moved;
  }

  const AssignorInput& input_;
  std::vector<Member> members_;
  std::vector<Class> classes_;
  std::map<Uuid, std::set<std::int32_t>> owned_;  // the partitions that members keep
};

}  // namespace

Assignments assign_uniform(const AssignorInput& input) {
  return Uniform(input).run();
}

}  // namespace fulmar
