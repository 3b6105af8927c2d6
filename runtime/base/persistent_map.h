// PersistentMap<K, V>: an ordered map whose copies share their common parts. A copy costs nothing; a change creates a
// few nodes, and leaves all other copies unchanged; two versions are compared in time proportional to their
// differences.
//
// A balanced (AVL) tree whose nodes never change. Iteration is in the order of the keys. Versions may be read by
// several threads at once; a single PersistentMap object may be changed only while nobody else reads it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/base/assert.h"

namespace fulmar {

template <class K, class V>
class PersistentMap {
 public:
  using Entry = std::pair<const K, V>;
  class Iterator;

  bool empty() const { return !root_; }
  std::size_t size() const { return size_of(root_); }

  // The value of the key; null if there is none. Stays at its address as long as any version has it.
  template <class Key>
  const V* find(const Key& key) const {
    const auto* node = root_.get();
    while (node) {
      if (std::less<>()(key, node->entry->first))
        node = node->left.get();
      else if (std::less<>()(node->entry->first, key))
        node = node->right.get();
      else
        return &node->entry->second;
    }
    return nullptr;
  }
  template <class Key>
  bool contains(const Key& key) const {
    return find(key) != nullptr;
  }

  // The first entry whose key is not less than `key`; end(), if there is none.
  template <class Key>
  Iterator lower_bound(const Key& key) const {
    Iterator found;
    for (const auto* node = root_.get(); node;) {
      if (std::less<>()(node->entry->first, key)) {
        node = node->right.get();
      } else {
        found.push(node);
        node = node->left.get();
      }
    }
    return found;
  }
  // The last entry whose key is less than `key`; null, if there is none.
  template <class Key>
  const Entry* last_before(const Key& key) const {
    const Entry* found = nullptr;
    for (const auto* node = root_.get(); node;) {
      if (std::less<>()(node->entry->first, key)) {
        found = node->entry.get();
        node = node->right.get();
      } else {
        node = node->left.get();
      }
    }
    return found;
  }
  // Whether both are one version: then they are equal; if not, they may still be.
  bool is_same_version(const PersistentMap& other) const { return root_ == other.root_; }

  void insert_or_assign(K key, V value) {
    root_ = inserted(root_, std::make_shared<const Entry>(std::move(key), std::move(value)));
  }
  // Returns whether the key was there.
  template <class Key>
  bool erase(const Key& key) {
    if (!contains(key)) return false;
    root_ = erased(root_, key);
    return true;
  }

  Iterator begin() const { return Iterator(root_.get()); }
  Iterator end() const { return Iterator(nullptr); }

  // Calls changed(key, const V* before, const V* after), in the order of the keys, for each key whose value is not the
  // same in both; null where there is none.
  template <class Changed>
  static void compare(const PersistentMap& before, const PersistentMap& after, Changed&& changed) {
    visit_differences(before, after, [&](const K& key, const V* old_value, const V* new_value) {
      changed(key, old_value, new_value);
      return true;
    });
  }
  friend bool operator==(const PersistentMap& a, const PersistentMap& b) {
    return a.size() == b.size() && visit_differences(a, b, [](const K&, const V*, const V*) { return false; });
  }

 private:
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;
  using EntryPtr = std::shared_ptr<const Entry>;
  struct Node {
    EntryPtr entry;
    NodePtr left;
    NodePtr right;
    int height;
    std::size_t size;
  };
  // An AVL tree of as many nodes as memory holds is less than 1.45 * 64 high.
  static constexpr std::size_t height_max = 96;

  static int height_of(const NodePtr& node) { return node ? node->height : 0; }
  static std::size_t size_of(const NodePtr& node) { return node ? node->size : 0; }

  static NodePtr make(EntryPtr entry, NodePtr left, NodePtr right) {
    auto height = 1 + std::max(height_of(left), height_of(right));
    auto size = 1 + size_of(left) + size_of(right);
    return std::make_shared<const Node>(Node{std::move(entry), std::move(left), std::move(right), height, size});
  }
  // The same if one side may be higher by two, after one insertion or removal.
  static NodePtr balanced(EntryPtr entry, NodePtr left, NodePtr right) {
    auto lean = height_of(left) - height_of(right);
    FULMAR_ASSERT(lean >= -2 && lean <= 2);
    if (lean == 2) {
      if (height_of(left->left) >= height_of(left->right))
        return make(left->entry, left->left, make(std::move(entry), left->right, std::move(right)));
      const auto& middle = left->right;
      return make(middle->entry, make(left->entry, left->left, middle->left),
                  make(std::move(entry), middle->right, std::move(right)));
    }
    if (lean == -2) {
      if (height_of(right->right) >= height_of(right->left))
        return make(right->entry, make(std::move(entry), std::move(left), right->left), right->right);
      const auto& middle = right->left;
      return make(middle->entry, make(std::move(entry), std::move(left), middle->left),
                  make(right->entry, middle->right, right->right));
    }
    return make(std::move(entry), std::move(left), std::move(right));
  }
  static NodePtr inserted(const NodePtr& node, EntryPtr entry) {
    if (!node) return make(std::move(entry), nullptr, nullptr);
    if (std::less<>()(entry->first, node->entry->first))
      return balanced(node->entry, inserted(node->left, std::move(entry)), node->right);
    if (std::less<>()(node->entry->first, entry->first))
      return balanced(node->entry, node->left, inserted(node->right, std::move(entry)));
    return make(std::move(entry), node->left, node->right);
  }
  // The key exists.
  template <class Key>
  static NodePtr erased(const NodePtr& node, const Key& key) {
    if (std::less<>()(key, node->entry->first)) return balanced(node->entry, erased(node->left, key), node->right);
    if (std::less<>()(node->entry->first, key)) return balanced(node->entry, node->left, erased(node->right, key));
    if (!node->left) return node->right;
    if (!node->right) return node->left;
    const auto* next = node->right.get();
    while (next->left) next = next->left.get();
    return balanced(next->entry, node->left, erased(node->right, next->entry->first));
  }

  // The rest of a map in a comparison: whole subtrees and single entries, the next one last.
  class Rest {
   public:
    explicit Rest(const NodePtr& root) {
      if (root) items_.push_back({root.get(), true});
    }
    struct Item {
      const Node* node;
      bool whole;
      bool operator==(const Item&) const = default;
    };
    bool empty() const { return items_.empty(); }
    const Item& next() const { return items_.back(); }
    const Entry& entry() const { return *items_.back().node->entry; }
    void pop() { items_.pop_back(); }
    void take_apart() {
      const auto* node = items_.back().node;
      items_.pop_back();
      if (node->right) items_.push_back({node->right.get(), true});
      items_.push_back({node, false});
      if (node->left) items_.push_back({node->left.get(), true});
    }

   private:
    std::vector<Item> items_;
  };

  // Calls `visit` until it returns false; returns whether it never did. Subtrees that both versions share at the same
  // position are skipped; of others the larger is taken apart.
  template <class Visit>
  static bool visit_differences(const PersistentMap& before, const PersistentMap& after, Visit&& visit) {
    Rest a(before.root_);
    Rest b(after.root_);
    while (!a.empty() || !b.empty()) {
      bool both = !a.empty() && !b.empty();
      if (both && a.next() == b.next()) {
        a.pop();
        b.pop();
        continue;
      }
      bool a_whole = !a.empty() && a.next().whole;
      bool b_whole = !b.empty() && b.next().whole;
      if (a_whole && (!b_whole || a.next().node->size >= b.next().node->size)) {
        a.take_apart();
      } else if (b_whole) {
        b.take_apart();
      } else if (b.empty() || (both && std::less<>()(a.entry().first, b.entry().first))) {
        if (!visit(a.entry().first, &a.entry().second, nullptr)) return false;
        a.pop();
      } else if (a.empty() || std::less<>()(b.entry().first, a.entry().first)) {
        if (!visit(b.entry().first, nullptr, &b.entry().second)) return false;
        b.pop();
      } else {
        bool same = a.next().node->entry == b.next().node->entry || a.entry().second == b.entry().second;
        if (!same && !visit(b.entry().first, &a.entry().second, &b.entry().second)) return false;
        a.pop();
        b.pop();
      }
    }
    return true;
  }

  NodePtr root_;
};

// Valid as long as its version, or a copy of it, exists.
template <class K, class V>
class PersistentMap<K, V>::Iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = Entry;
  using difference_type = std::ptrdiff_t;
  using pointer = const Entry*;
  using reference = const Entry&;

  Iterator() = default;
  reference operator*() const { return *path_[depth_ - 1]->entry; }
  pointer operator->() const { return path_[depth_ - 1]->entry.get(); }
  Iterator& operator++() {
    const auto* node = path_[--depth_];
    descend(node->right.get());
    return *this;
  }
  Iterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) {
    return a.depth_ == b.depth_ && (a.depth_ == 0 || a.path_[a.depth_ - 1] == b.path_[b.depth_ - 1]);
  }

 private:
  friend class PersistentMap;
  explicit Iterator(const Node* root) { descend(root); }
  void descend(const Node* node) {
    for (; node; node = node->left.get()) push(node);
  }
  void push(const Node* node) { path_[depth_++] = node; }

  std::array<const Node*, height_max> path_{};  // nodes whose entries are still to come, the next one last
  std::size_t depth_ = 0;
};

}  // namespace fulmar
