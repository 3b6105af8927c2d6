// PersistentVector<T>: a sequence whose copies share their common parts, as PersistentMap: a copy costs nothing, a
// change creates a few nodes, and a comparison skips the nodes that two versions share.
//
// A tree whose nodes have 32 children or elements each, and never change. Versions may be read by several threads at
// once; a single PersistentVector object may be changed only while nobody else reads it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/base/assert.h"

namespace fulmar {

template <class T>
class PersistentVector {
 public:
  class Iterator;

  PersistentVector() = default;
  PersistentVector(std::initializer_list<T> elements) { append(elements); }
  // NOLINTNEXTLINE(google-explicit-constructor): a sequence is a sequence
  PersistentVector(const std::vector<T>& elements) { append(elements); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // `index` < size().
  const T& operator[](std::size_t index) const { return leaf_of(index).elements[index % width]; }
  const T& at(std::size_t index) const { return (*this)[index]; }
  const T& front() const { return (*this)[0]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void push_back(T element) {
    auto elements = last_elements();
    elements.push_back(std::move(element));
    put(size_ / width, std::move(elements));
    ++size_;
  }
  // Appends each element of a sequence.
  template <class Elements>
  void append(const Elements& added) {
    auto next = added.begin();
    while (next != added.end()) {
      auto elements = last_elements();
      auto number = size_ / width;
      for (; elements.size() < width && next != added.end(); ++next, ++size_) elements.push_back(*next);
      put(number, std::move(elements));
    }
  }
  // `index` < size().
  void set(std::size_t index, T element) {
    auto elements = leaf_of(index).elements;
    elements[index % width] = std::move(element);
    put(index / width, std::move(elements));
  }

  Iterator begin() const { return Iterator(*this, 0); }
  Iterator end() const { return Iterator(*this, size_); }

  // Calls changed(index), ascending, for each index whose element is not the same in both, or is in one of them only.
  template <class Changed>
  static void compare(const PersistentVector& before, const PersistentVector& after, Changed&& changed) {
    visit_differences(before, after, [&](std::size_t index) {
      changed(index);
      return true;
    });
  }
  friend bool operator==(const PersistentVector& a, const PersistentVector& b) {
    return a.size_ == b.size_ && visit_differences(a, b, [](std::size_t) { return false; });
  }

 private:
  static constexpr std::size_t width = 32;
  // A leaf has elements, other nodes have children.
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;
  struct Node {
    std::vector<NodePtr> children;
    std::vector<T> elements;
  };

  // The maximal number of leaves below so many levels.
  static std::size_t room(int levels) {
    std::size_t leaves = 1;
    for (; levels > 0; --levels) leaves *= width;
    return leaves;
  }

  const Node& leaf(std::size_t number) const {
    const auto* node = root_.get();
    auto below = room(levels_) / width;
    for (auto level = levels_; level > 0; --level) {
      node = node->children[number / below].get();
      number %= below;
      below /= width;
    }
    return *node;
  }
  const Node& leaf_of(std::size_t index) const {
    FULMAR_ASSERT(index < size_);
    return leaf(index / width);
  }
  // The elements of the last leaf, if it has room; else none.
  std::vector<T> last_elements() const {
    if (size_ % width == 0) return {};
    return leaf_of(size_ - 1).elements;
  }

  void put(std::size_t number, std::vector<T> elements) {
    while (number >= room(levels_)) {
      root_ = std::make_shared<const Node>(Node{{std::move(root_)}, {}});
      ++levels_;
    }
    root_ = with(root_, levels_, number, std::make_shared<const Node>(Node{{}, std::move(elements)}));
  }
  static NodePtr with(const NodePtr& node, int levels, std::size_t number, NodePtr leaf) {
    if (levels == 0) return leaf;
    Node next = node ? *node : Node{};
    auto below = room(levels - 1);
    auto child = number / below;
    if (child == next.children.size()) next.children.emplace_back();
    next.children[child] = with(next.children[child], levels - 1, number % below, std::move(leaf));
    return std::make_shared<const Node>(std::move(next));
  }

  // Calls `visit` until it returns false; returns whether it never did.
  template <class Visit>
  static bool visit_differences(const PersistentVector& before, const PersistentVector& after, Visit&& visit) {
    auto common = std::min(before.size_, after.size_);
    std::size_t index = 0;
    while (index < common) {
      const auto& a = before.leaf(index / width);
      const auto& b = after.leaf(index / width);
      auto end = std::min(common, index + width);
      if (&a != &b)
        for (auto at = index; at < end; ++at)
          if (!(a.elements[at % width] == b.elements[at % width]) && !visit(at)) return false;
      index = end;
    }
    for (; index < std::max(before.size_, after.size_); ++index)
      if (!visit(index)) return false;
    return true;
  }

  NodePtr root_;
  int levels_ = 0;  // above the leaves
  std::size_t size_ = 0;
};

// Valid as long as its vector exists unchanged.
template <class T>
class PersistentVector<T>::Iterator {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = const T*;
  using reference = const T&;

  Iterator() = default;
  reference operator*() const { return leaf_->elements[index_ % width]; }
  pointer operator->() const { return &**this; }
  Iterator& operator++() {
    if (++index_ % width == 0) find_leaf();
    return *this;
  }
  Iterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

 private:
  friend class PersistentVector;
  Iterator(const PersistentVector& of, std::size_t index) : of_(&of), index_(index) { find_leaf(); }
  void find_leaf() { leaf_ = index_ < of_->size_ ? &of_->leaf_of(index_) : nullptr; }

  const PersistentVector* of_ = nullptr;
  const Node* leaf_ = nullptr;
  std::size_t index_ = 0;
};

}  // namespace fulmar
