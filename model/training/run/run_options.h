// What every whole run is told.

#ifndef STROBE_MODEL_TRAINING_RUN_RUN_OPTIONS_H_
#define STROBE_MODEL_TRAINING_RUN_RUN_OPTIONS_H_

#include <string>

#include <c10/core/Device.h>

#include "model/training/run/trainer.h"

namespace strobe::model {

struct RunOptions {
  std::string output;      // the folder to write
  bool overwrite = false;  // replace one of its kind that strobe wrote
  std::string start_from;  // of training: a model directory to go on from; empty: from nothing
  at::Device device = at::kCPU;  // of the networks; pictures are made on the CPU
  TrainerOptions trainer;        // its directory is made if it does not exist
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_RUN_RUN_OPTIONS_H_
