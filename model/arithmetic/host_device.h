// Marks what the CPU's and the GPU's compiler both compile.

#ifndef STROBE_MODEL_ARITHMETIC_HOST_DEVICE_H_
#define STROBE_MODEL_ARITHMETIC_HOST_DEVICE_H_

#ifdef __CUDACC__
#define STROBE_HOST_DEVICE __host__ __device__
#else
#define STROBE_HOST_DEVICE
#endif

#endif  // STROBE_MODEL_ARITHMETIC_HOST_DEVICE_H_
