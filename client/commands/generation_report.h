// What came of one request, and how it is told.

#ifndef STROBE_CLIENT_COMMANDS_GENERATION_REPORT_H_
#define STROBE_CLIENT_COMMANDS_GENERATION_REPORT_H_

#include <grpcpp/support/status.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "strobe/v1/image_generation.pb.h"

namespace strobe::client {

// An image that was written to a file. `image.data` is empty: it is in the file.
struct SavedImage {
  std::string path;
  size_t bytes = 0;
  v1::GeneratedImage image;
};

struct GenerationReport {
  std::string prompt;
  std::string request_id;  // empty: refused before it was accepted
  std::vector<SavedImage> images;
  std::vector<SavedImage> partial_images;
  absl::Duration server_total;  // as the server measured it
  absl::Duration round_trip;    // as the client measured it
  grpc::Status status;          // of the call
  std::string file_error;       // empty: everything was written
};

// A table, one line an image: where its time went on the server, in milliseconds, and with how many
// others it shared each batch; below it the server's total and the client's round trip.
std::string TimingTable(const GenerationReport& report);

// One JSON object with everything above. Times are in seconds, under names that end in _seconds.
std::string ReportsAsJson(const std::string& address, const std::vector<GenerationReport>& reports);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_GENERATION_REPORT_H_
