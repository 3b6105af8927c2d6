// The names of the functions in a stack that a crashing process wrote as addresses.
#pragma once

#include <string>
#include <string_view>

namespace fulmar {

// How such a stack begins, and each frame of it, before its address in hexadecimal.
constexpr std::string_view stack_title = "stack:\n";
constexpr std::string_view frame_mark = "  frame 0x";

// The text, in which frames are "  fulmar::Replica::step(), fulmar-sim+0x12345" now: where there are debug symbols,
// addr2line knows the line. The stack has to be of this process or of a fork of it. Functions are named by the
// program's symbol table, which static ones are in, too; a stripped program has the places only.
std::string with_names_of_functions(const std::string& text);

}  // namespace fulmar
