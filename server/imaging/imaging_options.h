// What can be set about the encoding of pictures.

#ifndef STROBE_SERVER_IMAGING_IMAGING_OPTIONS_H_
#define STROBE_SERVER_IMAGING_IMAGING_OPTIONS_H_

namespace strobe::server {

struct ImagingOptions {
  int encode_threads = 2;         // that encode pictures, whatever the device
  int max_pending_partials = 16;  // pictures queued or being encoded; 0: no partial pictures
  bool embed_prompts = false;     // prompt, seed and steps in the pictures' metadata
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_IMAGING_IMAGING_OPTIONS_H_
