#include "model/sampling/seeded_noise.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

namespace strobe::model {
namespace {

constexpr int kRounds = 10;
constexpr uint32_t kMultiplier0 = 0xD2511F53;
constexpr uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr uint32_t kWeyl0 = 0x9E3779B9;
constexpr uint32_t kWeyl1 = 0xBB67AE85;
constexpr int64_t kBlocksOfThread = 8192;  // less is not worth a thread

// In (0, 1): never 0, so that its logarithm is finite.
double ToUnitInterval(uint32_t bits) { return (bits + 0.5) * 0x1p-32; }

// Box & Muller 1958: two uniform values to two independent normal ones.
void BoxMuller(uint32_t first, uint32_t second, float* out) {
  const double radius = std::sqrt(-2.0 * std::log(ToUnitInterval(first)));
  const double angle = 2.0 * M_PI * ToUnitInterval(second);
  out[0] = static_cast<float>(radius * std::cos(angle));
  out[1] = static_cast<float>(radius * std::sin(angle));
}

}  // namespace

std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = static_cast<uint64_t>(kMultiplier0) * counter[0];
    const uint64_t product1 = static_cast<uint64_t>(kMultiplier1) * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

namespace {

// Elements of the stream from block `first_block` of four on.
void FillBlocks(uint64_t seed, uint64_t stream, uint64_t first_block, absl::Span<float> out) {
  const std::array<uint32_t, 2> key = {static_cast<uint32_t>(seed),
                                       static_cast<uint32_t>(seed >> 32)};
  for (size_t start = 0; start < out.size(); start += 4) {
    const uint64_t block = first_block + start / 4;
    const std::array<uint32_t, 4> bits =
        Philox4x32({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                    static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)},
                   key);
    float values[4];
    BoxMuller(bits[0], bits[1], values);
    BoxMuller(bits[2], bits[3], values + 2);
    std::copy_n(values, std::min<size_t>(4, out.size() - start), out.begin() + start);
  }
}

}  // namespace

void FillUnitNormal(uint64_t seed, uint64_t stream, absl::Span<float> out) {
  FillBlocks(seed, stream, /*first_block=*/0, out);
}

at::Tensor UnitNormal(uint64_t seed, uint64_t stream, at::IntArrayRef shape) {
  at::Tensor noise = at::empty(shape, at::kFloat);
  const auto out = absl::MakeSpan(noise.data_ptr<float>(), static_cast<size_t>(noise.numel()));
  const int64_t blocks = (noise.numel() + 3) / 4;
  at::parallel_for(0, blocks, kBlocksOfThread, [&](int64_t begin, int64_t end) {
    FillBlocks(seed, stream, static_cast<uint64_t>(begin),
               out.subspan(static_cast<size_t>(4 * begin), static_cast<size_t>(4 * (end - begin))));
  });
  return noise;
}

}  // namespace strobe::model
