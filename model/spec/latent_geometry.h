// How pixels, latent cells and the denoiser's patches lie on each other.

#ifndef STROBE_MODEL_SPEC_LATENT_GEOMETRY_H_
#define STROBE_MODEL_SPEC_LATENT_GEOMETRY_H_

#include <cstdint>

namespace strobe::model {

// A picture of W x H pixels has latents [channels, rows(H), columns(W)]: what the sampler keeps.
struct LatentGeometry {
  int channels = 4;
  int pixels_per_cell = 8;  // in each direction, of a latent cell
  int cells_per_patch = 1;  // in each direction, of what the denoiser sees as one; a UNet: 1

  // What widths and heights are multiples of, in pixels.
  int size_multiple() const { return pixels_per_cell * cells_per_patch; }

  // In latent cells.
  int64_t rows(int height) const { return height / pixels_per_cell; }
  int64_t columns(int width) const { return width / pixels_per_cell; }

  // Patches of a picture.
  int64_t patches(int width, int height) const {
    return (rows(height) / cells_per_patch) * (columns(width) / cells_per_patch);
  }
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SPEC_LATENT_GEOMETRY_H_
