// A device for tests of device code where there is no GPU.

#ifndef STROBE_TESTS_MODEL_TRAINING_SEPARATE_MEMORY_DEVICE_H_
#define STROBE_TESTS_MODEL_TRAINING_SEPARATE_MEMORY_DEVICE_H_

#include <c10/core/Device.h>

namespace strobe::model {

// LibTorch's PrivateUse1, made strict: its tensors hold addresses that the host cannot read (a read
// through data_ptr ends the test), and an operator that is given a tensor of it together with one
// of the CPU throws, as a GPU does; scalars of no dimension may be mixed. What it computes is the
// CPU's arithmetic, so that results can be compared.
inline const c10::Device kSeparateMemoryDevice(c10::kPrivateUse1, 0);

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_TRAINING_SEPARATE_MEMORY_DEVICE_H_
