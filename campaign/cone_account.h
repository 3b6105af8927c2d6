// ConeAccount: a bounded account of happenings: those that tell most, in order, and between them how many others there
// were. It takes happenings one by one and keeps no more of them than it will print a few times over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/happening.h"

namespace fulmar {

class ConeAccount {
 public:
  // `lines_max`: of text(), at least 1. `nodes`: their names, by number.
  ConeAccount(std::size_t lines_max, std::vector<std::string> nodes);

  // Takes the next happening. Of two, the one with the higher weight is printed; of equal ones the later. Weight 0: it
  // is only counted.
  void add(const Happening& happening, int weight, const std::string& note = "");

  // Its lines, at most as many as were asked for.
  std::vector<std::string> lines();

 private:
  // What is only counted.
  struct Counts {
    struct Link {
      std::uint64_t messages = 0;
      std::map<std::string, std::uint64_t> names;  // of messages that have one
    };
    std::map<std::pair<std::size_t, std::size_t>, Link> links;  // from one machine to the other
    std::map<std::size_t, std::uint64_t> syncs;                 // by machine
    std::map<std::size_t, std::uint64_t> disk;
    std::uint64_t between_shards = 0;
    std::uint64_t others = 0;

    std::uint64_t size() const;
    void add(const Happening& happening);
    void add(const Counts& counts);
  };
  struct Entry {
    std::string line;
    Counts own;    // the happening, as it is counted once it is not printed any more
    Counts after;  // what followed, until the next entry
  };
  using Entries = std::list<Entry>;
  // By weight, then by number: the first is the first to go.
  using Ranks = std::map<std::pair<int, std::uint64_t>, Entries::iterator>;

  void drop_least();
  std::vector<std::string> lines_now() const;
  std::string line_of(const Happening& happening) const;
  std::string line_of(const Counts& counts) const;
  std::string name_of(std::size_t node) const;

  std::size_t lines_max_;
  std::vector<std::string> nodes_;
  Counts before_;  // before the first entry
  Entries entries_;
  Ranks ranks_;
};

}  // namespace fulmar
