# fulmar_library(name SOURCES ... LINKS ...) and fulmar_test(name SOURCES ... LINKS ...): every target of the house.

add_library(fulmar_flags INTERFACE)
target_compile_options(fulmar_flags INTERFACE -Wall -Wextra -Werror -fno-omit-frame-pointer)
# g++ 12 takes the empty state of std::optional and std::expected for uninitialised memory when it inlines; the sanitizers and
# clang's own analysis look after the real cases.
target_compile_options(fulmar_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
target_include_directories(fulmar_flags INTERFACE ${CMAKE_SOURCE_DIR})
if(FULMAR_SANITIZE)
  target_compile_options(fulmar_flags INTERFACE -fsanitize=${FULMAR_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(fulmar_flags INTERFACE -fsanitize=${FULMAR_SANITIZE})
endif()
if(FULMAR_FUZZ)
  target_compile_options(fulmar_flags INTERFACE -fsanitize=fuzzer-no-link)  # coverage is what leads the fuzzer on
endif()

function(fulmar_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC $<BUILD_INTERFACE:fulmar_flags> ${ARG_LINKS})
  # What users of an installed library need of these flags.
  target_compile_features(${name} PUBLIC cxx_std_23)
  if(FULMAR_SANITIZE)
    target_compile_options(${name} INTERFACE $<INSTALL_INTERFACE:-fsanitize=${FULMAR_SANITIZE}>)
    target_link_options(${name} INTERFACE $<INSTALL_INTERFACE:-fsanitize=${FULMAR_SANITIZE}>)
  endif()
endfunction()

function(fulmar_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE fulmar_flags ${ARG_LINKS})
endfunction()

set(test_seconds_max 300)
if(FULMAR_SANITIZE)
  set(test_seconds_max 3000)
endif()

function(fulmar_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  # What is tested is optimised; the tests' own code is not, which halves what the tests take to build.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O0>)
  target_link_libraries(${name} PRIVATE fulmar_flags ${ARG_LINKS} GTest::gmock GTest::gtest_main ${RAPIDCHECK_LIBRARY})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${test_seconds_max})
endfunction()
