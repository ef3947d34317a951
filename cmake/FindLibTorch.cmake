# Finds LibTorch without the wheel's own find_package(Torch), which insists on a CUDA toolkit.
#
# LIBTORCH_ROOT, when set, is an unpacked LibTorch: the folder with lib/ and include/. Otherwise the
# wheel that scripts/setup.sh unpacked is used. Defines LibTorch::LibTorch, which links torch_cpu and
# c10 alone, so that nothing of CUDA is loaded; with STROBE_CUDA also LibTorch::Cuda.
#
# The include folder carries an old google/protobuf: no target that sees our protobuf may link this.

include(FindPackageHandleStandardArgs)

if(LIBTORCH_ROOT)
  set(_libtorch_root ${LIBTORCH_ROOT})
else()
  if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(_strobe_cache $ENV{XDG_CACHE_HOME}/strobe)
  else()
    set(_strobe_cache $ENV{HOME}/.cache/strobe)
  endif()
  set(_libtorch_root ${_strobe_cache}/libtorch-2.11.0/torch)
endif()

find_library(LibTorch_CPU_LIBRARY torch_cpu PATHS ${_libtorch_root}/lib NO_DEFAULT_PATH)
find_library(LibTorch_C10_LIBRARY c10 PATHS ${_libtorch_root}/lib NO_DEFAULT_PATH)
find_path(LibTorch_INCLUDE_DIR ATen/core/Tensor.h PATHS ${_libtorch_root}/include NO_DEFAULT_PATH)

find_package_handle_standard_args(
  LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  REASON_FAILURE_MESSAGE
    "no LibTorch in ${_libtorch_root}: run scripts/setup.sh, or pass -DLIBTORCH_ROOT=<folder with lib/ and include/>")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::c10 SHARED IMPORTED)
  set_target_properties(LibTorch::c10 PROPERTIES IMPORTED_LOCATION ${LibTorch_C10_LIBRARY}
                                                 IMPORTED_NO_SONAME TRUE)
  add_library(LibTorch::LibTorch SHARED IMPORTED)
  set_target_properties(
    LibTorch::LibTorch
    PROPERTIES IMPORTED_LOCATION ${LibTorch_CPU_LIBRARY}
               IMPORTED_NO_SONAME TRUE
               INTERFACE_INCLUDE_DIRECTORIES ${LibTorch_INCLUDE_DIR}
               # <ATen/TensorOperators.h> pulls in every operator without it.
               INTERFACE_COMPILE_DEFINITIONS AT_PER_OPERATOR_HEADERS
               INTERFACE_LINK_LIBRARIES LibTorch::c10)
  # The wheel keeps libcudart and libcupti, which libtorch_cpu.so needs, in a folder of its own; an
  # official LibTorch has everything in lib/.
  file(GLOB _libtorch_extra ${_libtorch_root}/../nvidia/*/lib)
  set(LibTorch_RUNTIME_DIRS ${_libtorch_root}/lib ${_libtorch_extra})
  foreach(_dir IN LISTS LibTorch_RUNTIME_DIRS)
    list(APPEND CMAKE_BUILD_RPATH ${_dir})
    target_link_options(LibTorch::LibTorch INTERFACE "-Wl,-rpath-link,${_dir}")
  endforeach()
endif()

# CUDA devices register themselves when libtorch_cuda is loaded; nothing of ours refers to it by
# name, so the linker is told to keep it.
if(LibTorch_FOUND AND STROBE_CUDA AND NOT TARGET LibTorch::Cuda)
  find_package(CUDAToolkit 13.0 REQUIRED)
  find_library(LibTorch_CUDA_LIBRARY torch_cuda PATHS ${_libtorch_root}/lib NO_DEFAULT_PATH REQUIRED)
  find_library(LibTorch_C10_CUDA_LIBRARY c10_cuda PATHS ${_libtorch_root}/lib NO_DEFAULT_PATH
                                                        REQUIRED)
  add_library(LibTorch::Cuda INTERFACE IMPORTED)
  target_include_directories(LibTorch::Cuda SYSTEM INTERFACE ${CUDAToolkit_INCLUDE_DIRS})
  # The wheel's CUDA libraries need more NVIDIA libraries than the toolkit has (cuFile, cuSPARSELt,
  # NVSHMEM): those are looked for when the program starts.
  target_link_libraries(
    LibTorch::Cuda
    INTERFACE
      LibTorch::LibTorch
      "-Wl,--push-state,--no-as-needed,${LibTorch_CUDA_LIBRARY},${LibTorch_C10_CUDA_LIBRARY},--pop-state"
  )
  # Old-style RPATH, because it also holds for what the wheel's libraries load themselves.
  target_link_options(LibTorch::Cuda INTERFACE -Wl,--allow-shlib-undefined -Wl,--disable-new-dtags)
  foreach(_dir IN LISTS CUDAToolkit_LIBRARY_DIR)
    file(REAL_PATH ${_dir} _dir)
    list(APPEND CMAKE_BUILD_RPATH ${_dir})
    target_link_options(LibTorch::Cuda INTERFACE "-Wl,-rpath-link,${_dir}")
  endforeach()
endif()
