# One library a folder, one test a source file.

# strobe_library(model_spec HDRS a.h SRCS a.cc DEPS absl::status)
# makes the static library strobe_model_spec with the alias strobe::model_spec. Without SRCS it is
# header-only. DEPS are public, PRIVATE_DEPS are not seen by users of the library.
function(strobe_library NAME)
  cmake_parse_arguments(ARG "TESTONLY" "" "HDRS;SRCS;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target strobe_${NAME})
  if(ARG_SRCS)
    add_library(${target} STATIC ${ARG_SRCS} ${ARG_HDRS})
    target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(${target} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  else()
    add_library(${target} INTERFACE ${ARG_HDRS})
    target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${target} INTERFACE ${ARG_DEPS} ${ARG_PRIVATE_DEPS})
  endif()
  add_library(strobe::${NAME} ALIAS ${target})
endfunction()

# strobe_binary(strobe-server SRCS main.cc DEPS strobe::server)
# Programs allocate with jemalloc: the models free and take large blocks at each step, which the C
# library gives back to the system in between. The sanitizers bring allocators of their own.
function(strobe_binary NAME)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${NAME} ${ARG_SRCS})
  set_target_properties(${NAME} PROPERTIES UNITY_BUILD OFF)
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPS})
  if(STROBE_SANITIZER STREQUAL "thread")
    strobe_order_absl_for_tsan(${NAME})
  elseif(NOT STROBE_SANITIZER)
    target_link_libraries(${NAME} PRIVATE ${STROBE_JEMALLOC})
  endif()
endfunction()

# What tests and the programs they start need in their environment.
set(STROBE_SANITIZER_ENVIRONMENT)
if(STROBE_SANITIZER STREQUAL "thread")
  # Suppressions name functions, which only a symbolizer can tell.
  find_program(STROBE_SYMBOLIZER NAMES llvm-symbolizer-14 llvm-symbolizer REQUIRED)
  string(CONCAT STROBE_SANITIZER_ENVIRONMENT
         "TSAN_OPTIONS=ignore_noninstrumented_modules=1"
         ":suppressions=${CMAKE_SOURCE_DIR}/tests/sanitizers/tsan.supp"
         ":external_symbolizer_path=${STROBE_SYMBOLIZER}")
endif()

# strobe_test(server/batching/batch_policy_test LABELS fast DEPS strobe::server_batching)
# builds tests/<path>.cc with GoogleTest and registers it as <path>. LABELS default to fast; a test
# of one of the other labels (slow, integration, gpu) is left out of `ctest -L fast`.
function(strobe_test PATH)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;DEPS;SRCS" ${ARGN})
  string(REPLACE "/" "_" target ${PATH})
  strobe_test_program(${PATH} ${target} TIMEOUT "${ARG_TIMEOUT}" LABELS ${ARG_LABELS} DEPS ${ARG_DEPS}
                      SRCS ${CMAKE_SOURCE_DIR}/tests/${PATH}.cc ${ARG_SRCS})
endfunction()

# strobe_folder_test(model/training adam_w learner DEPS strobe::model_training)
# builds tests/<folder>/<name>_test.cc of all names into one program, which costs one link, and
# registers it as <folder>. LABELS and TIMEOUT as above.
function(strobe_folder_test FOLDER)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;DEPS" ${ARGN})
  list(TRANSFORM ARG_UNPARSED_ARGUMENTS PREPEND ${CMAKE_SOURCE_DIR}/tests/${FOLDER}/)
  list(TRANSFORM ARG_UNPARSED_ARGUMENTS APPEND _test.cc)
  string(REPLACE "/" "_" target ${FOLDER}_test)
  strobe_test_program(${FOLDER} ${target} TIMEOUT "${ARG_TIMEOUT}" LABELS ${ARG_LABELS} DEPS ${ARG_DEPS}
                      SRCS ${ARG_UNPARSED_ARGUMENTS})
endfunction()

# Optimizing GoogleMock's templates costs half of a test's compile time and gains nothing. The threads
# are for the precompiled headers, which want equal options in all who use them.
set(STROBE_TEST_OPTIONS -O0 -pthread)

# Marks a test that needs a GPU: label gpu, one at a time, and reported as skipped where there is
# none.
function(strobe_needs_gpu NAME)
  set_tests_properties(${NAME} PROPERTIES LABELS gpu TIMEOUT 600 RESOURCE_LOCK gpu
                                          SKIP_REGULAR_EXPRESSION "SKIPPED")
endfunction()

# strobe_gpu_test(model/cuda/x_test DEPS ...): strobe_test for a test that needs a GPU.
function(strobe_gpu_test PATH)
  strobe_test(${PATH} LABELS gpu ${ARGN})
  strobe_needs_gpu(${PATH})
endfunction()

# Where tests write.
set(STROBE_TEST_FOLDER ${CMAKE_BINARY_DIR}/tests/temporary)
file(MAKE_DIRECTORY ${STROBE_TEST_FOLDER})

# What both have in common.
function(strobe_test_program NAME target)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;DEPS;SRCS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600) # for hangs alone: a machine may be ten times as slow
  endif()
  add_executable(${target} ${ARG_SRCS})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests UNITY_BUILD OFF)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(${target} PRIVATE STROBE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                               STROBE_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  target_precompile_headers(${target} REUSE_FROM ${STROBE_TEST_HEADERS})
  target_compile_options(${target} PRIVATE ${STROBE_TEST_OPTIONS})
  target_link_libraries(${target} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  add_test(NAME ${NAME} COMMAND ${target})
  # Not /tmp: the suites of two builds may run at once.
  set_tests_properties(${NAME} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
                                          ENVIRONMENT_MODIFICATION "TEST_TMPDIR=set:${STROBE_TEST_FOLDER}")
  if(STROBE_SANITIZER STREQUAL "thread")
    strobe_order_absl_for_tsan(${target})
    set_tests_properties(${NAME} PROPERTIES ENVIRONMENT "${STROBE_SANITIZER_ENVIRONMENT}")
  endif()
endfunction()

# The packaged Abseil is not instrumented: its locks go through tests/sanitizers/absl_for_tsan.cc.
function(strobe_order_absl_for_tsan TARGET)
  target_sources(${TARGET} PRIVATE ${CMAKE_SOURCE_DIR}/tests/sanitizers/absl_for_tsan.cc)
  target_link_libraries(${TARGET} PRIVATE absl::synchronization absl::time)
  foreach(symbol IN ITEMS
      _ZN4absl7debian35Mutex4LockEv
      _ZN4absl7debian35Mutex6UnlockEv
      _ZN4absl7debian35Mutex10ReaderLockEv
      _ZN4absl7debian35Mutex12ReaderUnlockEv
      _ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE
      _ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE
      _ZN4absl7debian312Notification6NotifyEv
      _ZNK4absl7debian312Notification19WaitForNotificationEv
      _ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE)
    target_link_options(${TARGET} PRIVATE -Wl,--wrap=${symbol})
  endforeach()
endfunction()
