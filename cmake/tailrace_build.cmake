# How our code is compiled, and the three words that declare it:
#
#   tailrace_library(name [HOT|FAST] [COLD files-and-folders...] [DEPS our-libraries...] [LIBS others...])
#   tailrace_test(folder [LABELS ...] [DEPS ...] [LIBS ...])
#   tailrace_test_program(name SOURCES ... [LABELS ...] [DEPS ...])
#
# A library exposes only its own folder: build/roots/<name> holds one link, <name> -> src/<name>, and is
# its include root. A header of a folder that is not among DEPS (or theirs) is therefore not found.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# Without NDEBUG: our assertions stay on. A section per function: the linker leaves out what nobody calls.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -ffunction-sections -fdata-sections")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")

find_program(TAILRACE_CCACHE ccache)
if(TAILRACE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # What was compiled in one checkout serves another one, wherever it lies.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${TAILRACE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

if(TAILRACE_SANITIZE)
  add_compile_options(-fsanitize=${TAILRACE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TAILRACE_SANITIZE})
endif()

find_package(Threads REQUIRED)

add_library(tailrace_flags INTERFACE)
target_compile_options(tailrace_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 warns about correct code here: std::optional and coroutine frames.
  target_compile_options(tailrace_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict
                                                  -Wno-mismatched-new-delete)
  if(TAILRACE_SANITIZE MATCHES thread)
    target_compile_options(tailrace_flags INTERFACE -Wno-tsan)  # Asio's fences, which TSan cannot see
  endif()
  # It numbers the temporaries in a coroutine's frame by translation unit, and calls that different types when linking.
  target_link_options(tailrace_flags INTERFACE -Wno-odr)
endif()
target_link_libraries(tailrace_flags INTERFACE Threads::Threads)

function(tailrace_root name folder)
  set(root ${CMAKE_BINARY_DIR}/roots/${name})
  file(MAKE_DIRECTORY ${root})
  if(NOT EXISTS ${root}/${name})
    file(CREATE_LINK ${folder} ${root}/${name} SYMBOLIC)
  endif()
endfunction()

# The product is to be small and fast, so it is built for size, and for speed where the speed is:
#   HOT   what each line passes: for speed
#   FAST  what each request or query passes: for speed
# COLD names what in such a library runs once: its files are built for size as all others are.
function(tailrace_library name)
  cmake_parse_arguments(ARG "HOT;FAST" "" "COLD;DEPS;LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cc)
  tailrace_root(${name} ${CMAKE_CURRENT_SOURCE_DIR}/${name})
  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
    if(TAILRACE_STATIC)
      set(small ${sources})
      if(ARG_HOT OR ARG_FAST)
        list(JOIN ARG_COLD "|" cold)
        list(FILTER small INCLUDE REGEX "/${name}/(${cold})[/.]")
      endif()
      set_source_files_properties(${small} PROPERTIES COMPILE_OPTIONS -Os)
    endif()
    target_link_libraries(${name} PRIVATE tailrace_flags)
    if(TAILRACE_FUZZ AND (name STREQUAL "net" OR "net" IN_LIST ARG_DEPS))
      # Clang 14 cannot emit this check for coroutines ("cannot represent a difference across sections").
      target_compile_options(${name} PRIVATE -fno-sanitize=function)
    endif()
    if(TAILRACE_STATIC)
      # Fat objects: the product links them with LTO, the tests without, which is much quicker.
      target_compile_options(${name} PRIVATE -flto=auto -ffat-lto-objects)
    endif()
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} ${CMAKE_BINARY_DIR}/roots/${name})
  target_link_libraries(${name} ${scope} ${ARG_DEPS} ${ARG_LIBS})
endfunction()

# One program per folder of tests/, from all <file>_test.cc in it.
function(tailrace_test folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.cc)
  if(sources)
    tailrace_test_program(${folder}_test SOURCES ${sources} ${ARGN})
  endif()
endfunction()

function(tailrace_test_program name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LABELS;DEPS;LIBS;ENVIRONMENT" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE tailrace_flags ${ARG_DEPS} ${ARG_LIBS} GTest::gtest
                                        GTest::gmock GTest::gtest_main)
  if(TAILRACE_STATIC)
    target_link_options(${name} PRIVATE -fno-lto)  # else GCC optimises all of it once more, for each program
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  # One label, "unit-threaded" for two: a list does not survive gtest_discover_tests, and ctest -L takes a pattern.
  list(JOIN ARG_LABELS "-" label)
  set(properties LABELS ${label} TIMEOUT ${ARG_TIMEOUT})
  if(ARG_ENVIRONMENT)
    list(APPEND properties ENVIRONMENT "${ARG_ENVIRONMENT}")
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES ${properties})
  # unit_tests, threaded_tests...: all programs of a label, for sanitizer builds that run only those.
  foreach(label IN LISTS ARG_LABELS)
    if(NOT TARGET ${label}_tests)
      add_custom_target(${label}_tests)
    endif()
    add_dependencies(${label}_tests ${name})
  endforeach()
endfunction()
