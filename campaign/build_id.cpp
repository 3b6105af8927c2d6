#include "campaign/build_id.h"

#include <elf.h>
#include <link.h>

#include <cstring>

namespace fulmar {

namespace {

constexpr std::size_t alignment = 4;

std::size_t aligned(std::size_t size) {
  return (size + alignment - 1) & ~(alignment - 1);
}

// The build id in a segment of notes; empty if there is none.
std::string build_id_in(const char* notes, std::size_t size) {
  ElfW(Nhdr) head;
  for (std::size_t at = 0; at + sizeof head <= size;) {
    std::memcpy(&head, notes + at, sizeof head);
    auto name = at + sizeof head;
    auto content = name + aligned(head.n_namesz);
    if (content + head.n_descsz > size) break;
    if (head.n_type == NT_GNU_BUILD_ID && std::strncmp(notes + name, "GNU", head.n_namesz) == 0) {
      std::string text;
      for (std::size_t i = 0; i < head.n_descsz; ++i) {
        auto byte = static_cast<unsigned char>(notes[content + i]);
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
      }
      return text;
    }
    at = content + aligned(head.n_descsz);
  }
  return "";
}

}  // namespace

std::string build_id() {
  std::string found;
  auto look = [](dl_phdr_info* info, std::size_t, void* into) {
    auto& id = *static_cast<std::string*>(into);
    for (int i = 0; i < info->dlpi_phnum && id.empty(); ++i) {
      const auto& segment = info->dlpi_phdr[i];
      if (segment.p_type == PT_NOTE)
        id = build_id_in(reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr), segment.p_memsz);
    }
    return 1;  // the first object is the program
  };
  dl_iterate_phdr(look, &found);
  return found.empty() ? "unknown" : found;
}

}  // namespace fulmar
