# Writes OUT, a C++ file with the commit of SOURCE, if that has changed: run at each build, it makes one file be compiled anew.
set(commit "unknown")
execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude=* WORKING_DIRECTORY ${SOURCE} RESULT_VARIABLE failed
                OUTPUT_VARIABLE said ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(failed EQUAL 0)
  set(commit "${said}")
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT [[
#include "campaign/build_commit.h"

std::string_view fulmar::build_commit() {
  return "@commit@";
}
]] @ONLY)
