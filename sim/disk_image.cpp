#include "sim/disk_image.h"

#include <algorithm>
#include <functional>

#include "runtime/base/assert.h"
#include "runtime/host/disk.h"

namespace fulmar {

void FileImage::lay(std::string& content, std::uint64_t offset, std::string_view data) {
  if (content.size() < offset + data.size()) content.resize(offset + data.size(), '\0');
  data.copy(content.data() + offset, data.size());
}

void FileImage::make_durable(const Pending& operation) {
  switch (operation.kind) {
    case Pending::Kind::write: lay(durable_, operation.offset, operation.data); break;
    case Pending::Kind::truncation: durable_.resize(operation.offset, '\0'); break;
    case Pending::Kind::attribute: durable_attribute_ = operation.data; break;
  }
}

void FileImage::write(std::uint64_t offset, const ByteChain& data) {
  std::string flat;
  flat.reserve(data.size());
  for (const auto& part : data.parts()) flat += part.view();
  lay(current_, offset, flat);
  pending_.push_back({Pending::Kind::write, offset, std::move(flat)});
}

void FileImage::truncate(std::uint64_t size) {
  current_.resize(size, '\0');
  pending_.push_back({Pending::Kind::truncation, size, {}});
}

void FileImage::set_attribute(std::string_view value) {
  current_attribute_ = value;
  pending_.push_back({Pending::Kind::attribute, 0, current_attribute_});
}

void FileImage::sync(std::uint64_t mark) {
  std::size_t done = 0;
  for (; first_pending_ < mark && done < pending_.size(); ++first_pending_, ++done)
    if (!pending_[done].forgotten) make_durable(pending_[done]);
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(done));
}

void FileImage::fail_sync(std::uint64_t mark, Random& random) {
  for (std::size_t i = 0; i < pending_.size() && first_pending_ + i < mark; ++i)
    if (random.chance(1, 2)) pending_[i].forgotten = true;
}

void FileImage::power_loss(Random& random) {
  for (const auto& operation : pending_) {
    auto fate = random.below(3);
    if (operation.forgotten || fate == 0) continue;
    if (fate == 1 || operation.kind != Pending::Kind::write) {
      make_durable(operation);
      continue;
    }
    for (std::size_t at = 0; at < operation.data.size();) {
      auto absolute = operation.offset + at;
      auto piece = std::min<std::size_t>(operation.data.size() - at, sector_size - absolute % sector_size);
      if (random.chance(1, 2)) lay(durable_, absolute, std::string_view(operation.data).substr(at, piece));
      at += piece;
    }
  }
  first_pending_ += pending_.size();
  pending_.clear();
  current_ = durable_;
  current_attribute_ = durable_attribute_;
}

void FileImage::damage(std::uint64_t offset) {
  auto sector = offset / sector_size * sector_size;
  for (auto* content : {&current_, &durable_})
    for (auto at = sector; at < std::min<std::uint64_t>(sector + sector_size, content->size()); ++at)
      (*content)[at] = static_cast<char>((*content)[at] ^ 0x5a);
}

void FileImage::flip(std::uint64_t offset, char bits) {
  for (auto* content : {&current_, &durable_})
    if (offset < content->size()) (*content)[offset] = static_cast<char>((*content)[offset] ^ bits);
}

void FileImage::lose_tail(std::uint64_t size) {
  for (auto* content : {&current_, &durable_}) content->resize(std::min<std::uint64_t>(size, content->size()));
}

DiskImage::DiskImage() : root_(std::make_shared<DirectoryImage>()) {}

const Inode* DiskImage::find(std::string_view path) const {
  auto parent = directory(parent_directory(path));
  if (!parent) return nullptr;
  auto name = path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
  auto found = parent->current.find(name);
  return found == parent->current.end() ? nullptr : &found->second;
}

std::shared_ptr<DirectoryImage> DiskImage::directory(std::string_view path) const {
  if (path.empty()) return root_;
  const auto* inode = find(path);
  return inode ? inode->directory : nullptr;
}

void DiskImage::link(const std::shared_ptr<DirectoryImage>& directory, std::string_view name, Inode inode) {
  directory->current.insert_or_assign(std::string(name), inode);
  note({nullptr, {}, directory, std::string(name), std::move(inode)});
}

void DiskImage::unlink(const std::shared_ptr<DirectoryImage>& directory, std::string_view name) {
  auto found = directory->current.find(name);
  FULMAR_ASSERT(found != directory->current.end());
  directory->current.erase(found);
  note({directory, std::string(name), nullptr, {}, {}});
}

void DiskImage::rename(const std::shared_ptr<DirectoryImage>& from, std::string_view from_name,
                       const std::shared_ptr<DirectoryImage>& to, std::string_view to_name) {
  auto found = from->current.find(from_name);
  FULMAR_ASSERT(found != from->current.end());
  Inode inode = found->second;
  from->current.erase(found);
  to->current.insert_or_assign(std::string(to_name), inode);
  note({from, std::string(from_name), to, std::string(to_name), std::move(inode)});
}

void DiskImage::note(Change change) {
  auto number = next_change_++;
  if (change.removed_from) change.removed_from->unsynced.push_back(number);
  if (change.added_to && change.added_to != change.removed_from) change.added_to->unsynced.push_back(number);
  changes_.emplace(number, std::move(change));
}

void DiskImage::apply(const Change& change) {
  if (change.removed_from) {
    auto& entries = change.removed_from->durable;
    auto found = entries.find(change.removed_name);
    // If the name was given to another file since, this change does not remove it.
    bool same = found != entries.end() && (!change.added_to || (found->second.file == change.inode.file &&
                                                                found->second.directory == change.inode.directory));
    if (same) entries.erase(found);
  }
  if (change.added_to) change.added_to->durable.insert_or_assign(change.added_name, change.inode);
}

void DiskImage::sync_directory(DirectoryImage& directory, std::uint64_t mark) {
  auto& unsynced = directory.unsynced;
  auto end = std::lower_bound(unsynced.begin(), unsynced.end(), mark);
  for (auto number = unsynced.begin(); number != end; ++number) {
    // a move to another directory may have been made durable by that directory's sync
    auto change = changes_.extract(*number);
    if (!change.empty()) apply(change.mapped());
  }
  unsynced.erase(unsynced.begin(), end);
}

void DiskImage::power_loss(Random& random) {
  for (const auto& [number, change] : changes_)
    if (random.chance(1, 2)) apply(change);
  changes_.clear();
  std::function<void(DirectoryImage&)> restore = [&](DirectoryImage& directory) {
    directory.current = directory.durable;
    directory.unsynced.clear();
    for (auto& [name, inode] : directory.current) {
      if (inode.file) inode.file->power_loss(random);
      if (inode.directory) restore(*inode.directory);
    }
  };
  restore(*root_);
}

void DiskImage::lose(std::string_view path) {
  auto parent = directory(parent_directory(path));
  FULMAR_ASSERT(parent);
  auto name = path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
  for (auto* entries : {&parent->current, &parent->durable})
    if (auto found = entries->find(name); found != entries->end()) entries->erase(found);
}

std::uint64_t DiskImage::used_bytes() const {
  std::uint64_t used = 0;
  for (const auto& [path, file] : files()) used += file->current().size();
  return used;
}

const Inode* DiskImage::walk(std::string_view path, bool durable) const {
  const auto* at = root_.get();
  for (;;) {
    auto slash = path.find('/');
    const auto& entries = durable ? at->durable : at->current;
    auto found = entries.find(path.substr(0, slash));
    if (found == entries.end()) return nullptr;
    if (slash == std::string_view::npos) return &found->second;
    if (!found->second.directory) return nullptr;
    at = found->second.directory.get();
    path.remove_prefix(slash + 1);
  }
}

std::vector<std::string> DiskImage::names(std::string_view directory, bool durable) const {
  const auto* inode = directory.empty() ? nullptr : walk(directory, durable);
  const auto* at = directory.empty() ? root_.get() : inode ? inode->directory.get() : nullptr;
  std::vector<std::string> found;
  if (!at) return found;
  for (const auto& [name, entry] : durable ? at->durable : at->current) found.push_back(name);
  return found;
}

const FileImage* DiskImage::file(std::string_view path, bool durable) const {
  const auto* inode = walk(path, durable);
  return inode ? inode->file.get() : nullptr;
}

std::map<std::string, std::shared_ptr<FileImage>> DiskImage::files() const {
  std::map<std::string, std::shared_ptr<FileImage>> found;
  std::function<void(const DirectoryImage&, const std::string&)> walk = [&](const DirectoryImage& directory,
                                                                            const std::string& prefix) {
    for (const auto& [name, inode] : directory.current) {
      if (inode.file) found.emplace(prefix + name, inode.file);
      if (inode.directory) walk(*inode.directory, prefix + name + "/");
    }
  };
  walk(*root_, "");
  return found;
}

}  // namespace fulmar
