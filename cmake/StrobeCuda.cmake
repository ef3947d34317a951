# CUDA as a language, for model/cuda/*.cu.

find_package(CUDAToolkit 13.0 REQUIRED)
if(NOT CMAKE_CUDA_COMPILER)
  set(CMAKE_CUDA_COMPILER ${CUDAToolkit_NVCC_EXECUTABLE})
endif()
# Ampere, Ada and Hopper, and what the driver compiles for anything newer.
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 86-real 89-real 90)
endif()
# The one that LibTorch uses.
set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
if(STROBE_CCACHE AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${STROBE_CCACHE})
endif()
enable_language(CUDA)
# CMake 3.25 does not know the option of this language standard.
if(NOT DEFINED CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
endif()
