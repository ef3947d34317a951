# Warnings, sanitizers, ccache and a fast linker: what every target is built with.

add_compile_options(
  "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Werror=return-type;-Wno-missing-field-initializers>")
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options(-Wthread-safety -Werror=thread-safety)
endif()

if(STROBE_SANITIZER STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(STROBE_SANITIZER STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(NOT STROBE_SANITIZER STREQUAL "")
  message(FATAL_ERROR "STROBE_SANITIZER is '${STROBE_SANITIZER}': use address, thread or nothing")
endif()

find_program(STROBE_CCACHE ccache)
if(STROBE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${STROBE_CCACHE})
endif()

find_program(STROBE_MOLD NAMES mold)
find_program(STROBE_LLD NAMES ld.lld)
if(STROBE_MOLD)
  add_link_options(-fuse-ld=mold)
elseif(STROBE_LLD)
  add_link_options(-fuse-ld=lld)
endif()
