// Runs the strobe-model program as its users run it.

#ifndef STROBE_TESTS_MODEL_TOOLS_STROBE_MODEL_PROGRAM_H_
#define STROBE_TESTS_MODEL_TOOLS_STROBE_MODEL_PROGRAM_H_

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace strobe::model {

struct ProgramRun {
  int exit_code = -1;
  std::string output;  // stdout and stderr
};

inline ProgramRun StrobeModel(const std::string& arguments) {
  // One thread: the models are tiny, and other tests run beside this one.
  const std::string command =
      "OMP_NUM_THREADS=1 " + std::string(STROBE_BIN_DIR) + "/strobe-model " + arguments + " 2>&1";
  ProgramRun run;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return run;
  std::array<char, 4096> buffer;
  while (const size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
    run.output.append(buffer.data(), size);
  }
  const int status = pclose(pipe);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_TOOLS_STROBE_MODEL_PROGRAM_H_
