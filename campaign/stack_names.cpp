#include "campaign/stack_names.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

namespace fulmar {

namespace {

struct Function {
  std::uintptr_t size = 0;
  std::string name;  // as in the symbol table
};

using Functions = std::map<std::uintptr_t, Function>;  // by address in the program

// Empty if the program was stripped.
Functions functions_of_this_program() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  auto bytes = std::move(content).str();
  Functions functions;
  auto read = [&]<class T>(T& into, std::size_t at) {
    if (at > bytes.size() || bytes.size() - at < sizeof into) return false;
    std::memcpy(&into, bytes.data() + at, sizeof into);
    return true;
  };
  Elf64_Ehdr head;
  if (!read(head, 0) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) return functions;
  auto section = [&](std::size_t number, Elf64_Shdr& into) { return read(into, head.e_shoff + number * sizeof into); };
  for (std::size_t number = 0; number < head.e_shnum; ++number) {
    Elf64_Shdr symbols, names;
    if (!section(number, symbols) || symbols.sh_type != SHT_SYMTAB || !section(symbols.sh_link, names)) continue;
    Elf64_Sym symbol;
    for (std::size_t at = 0; at + sizeof symbol <= symbols.sh_size; at += sizeof symbol) {
      if (!read(symbol, symbols.sh_offset + at)) break;
      auto name = names.sh_offset + symbol.st_name;
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_size > 0 && name < bytes.size())
        functions.emplace(symbol.st_value, Function{symbol.st_size, bytes.c_str() + name});
    }
  }
  return functions;
}

std::string as_in_the_source(const std::string& name) {
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> plain(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                    &std::free);
  return status == 0 ? plain.get() : name;
}

// `within`: an address in the instruction itself. If a call is a function's last instruction, its return address is in
// the next function.
std::string describe(std::uintptr_t address, std::uintptr_t within, const Functions& functions) {
  Dl_info here, there;
  if (!dladdr(reinterpret_cast<void*>(&with_names_of_functions), &here) ||
      !dladdr(reinterpret_cast<void*>(address), &there) || !there.dli_fname)
    return "?";
  auto base = reinterpret_cast<std::uintptr_t>(there.dli_fbase);
  std::string name = there.dli_sname ? as_in_the_source(there.dli_sname) : "?";
  if (here.dli_fbase == there.dli_fbase) {
    auto next = functions.upper_bound(within - base);
    if (next != functions.begin() && within - base < std::prev(next)->first + std::prev(next)->second.size)
      name = as_in_the_source(std::prev(next)->second.name);
  }
  std::string_view file = there.dli_fname;
  std::ostringstream text;
  text << name << ", " << file.substr(file.rfind('/') + 1) << "+0x" << std::hex << address - base;
  return text.str();
}

}  // namespace

std::string with_names_of_functions(const std::string& text) {
  if (text.find(frame_mark) == std::string::npos) return text;
  auto functions = functions_of_this_program();
  std::istringstream lines(text);
  std::string line, all;
  for (bool innermost = true; std::getline(lines, line);) {
    if (line + "\n" == stack_title) innermost = true;
    if (line.starts_with(frame_mark)) {
      auto address = std::strtoull(line.c_str() + frame_mark.size(), nullptr, 16);
      line = "  " + describe(address, innermost ? address : address - 1, functions);
      innermost = false;
    }
    all += line + "\n";
  }
  return all;
}

}  // namespace fulmar
