// Early returns on an absl::Status that is not OK.

#ifndef STROBE_BASE_STATUS_MACROS_H_
#define STROBE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns the status of `expression`, an absl::Status, from the enclosing function unless it is OK.
#define STROBE_RETURN_IF_ERROR(...)                                        \
  do {                                                                     \
    if (absl::Status strobe_status = (__VA_ARGS__); !strobe_status.ok()) { \
      return strobe_status;                                                \
    }                                                                      \
  } while (false)

// Assigns the value of `expression`, an absl::StatusOr, to `target`, which may be a declaration;
// returns its status from the enclosing function unless it is OK. Not the body of an `if` without
// braces. A target that holds a comma outside of parentheses needs a name of its own before.
#define STROBE_ASSIGN_OR_RETURN(target, ...) \
  STROBE_ASSIGN_OR_RETURN_(STROBE_UNIQUE_NAME_(strobe_result_, __LINE__), target, __VA_ARGS__)

#define STROBE_ASSIGN_OR_RETURN_(result, target, ...)  \
  auto result = (__VA_ARGS__);                         \
  if (!result.ok()) return std::move(result).status(); \
  target = *std::move(result)

#define STROBE_UNIQUE_NAME_(prefix, line) STROBE_JOIN_(prefix, line)
#define STROBE_JOIN_(prefix, line) prefix##line

#endif  // STROBE_BASE_STATUS_MACROS_H_
