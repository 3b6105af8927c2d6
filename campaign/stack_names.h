// Names the functions of a stack that a crashing process wrote as addresses.
#pragma once

#include <string>
#include <string_view>

namespace fulmar {

// The first line of such a stack, and the text before each frame's address in hexadecimal.
constexpr std::string_view stack_title = "stack:\n";
constexpr std::string_view frame_mark = "  frame 0x";

// Returns the text with frames as "  fulmar::Replica::step(), fulmar-sim+0x12345"; with debug symbols, addr2line gives
// the line. The stack must be of this process or of a fork of it. Names come from the program's symbol table, which
// has static functions too; a stripped program gives addresses only.
std::string with_names_of_functions(const std::string& text);

}  // namespace fulmar
