#include "server/imaging/provenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::server {
namespace {

using testing::HasSubstr;
using testing::Not;

model::GenerationSpec Spec(const std::string& prompt) {
  model::GenerationSpec spec;
  spec.prompt = prompt;
  spec.seed = 7;
  spec.num_inference_steps = 3;
  return spec;
}

TEST(ProvenancePacketTest, SaysThatAModelMadeItAndWhichOne) {
  const std::string packet = ProvenancePacket("strobe 1.2", "tiny-shapes", nullptr);
  EXPECT_THAT(packet, HasSubstr("digitalsourcetype/trainedAlgorithmicMedia\""));
  EXPECT_THAT(packet, HasSubstr("AISystemUsed=\"strobe 1.2, model tiny-shapes\""));
  EXPECT_THAT(packet, Not(HasSubstr("Prompt")));
  EXPECT_LE(packet.size(), kMaxProvenanceBytes);
}

TEST(ProvenancePacketTest, TellsThePromptOnlyWhenItIsAsked) {
  const model::GenerationSpec spec = Spec("a <red> \"circle\" & more\n");
  EXPECT_THAT(ProvenancePacket("strobe", "m", &spec),
              HasSubstr("AIPromptInformation=\"a &lt;red&gt; &quot;circle&quot; &amp; more&#10; "
                        "(seed 7, 3 steps)\""));
}

TEST(ProvenancePacketTest, LongNamesAndPromptsAreCutBetweenCharacters) {
  std::string long_prompt;
  while (long_prompt.size() < 16384) long_prompt += "\xE2\x82\xAC";  // the euro sign
  const model::GenerationSpec spec = Spec(long_prompt);
  const std::string packet = ProvenancePacket("strobe", std::string(5000, '"'), &spec);
  EXPECT_LE(packet.size(), kMaxProvenanceWithPromptBytes);
  EXPECT_THAT(packet, HasSubstr("\xE2\x82\xAC (seed 7"));
}

TEST(ProvenancePacketTest, TheBoundsHoldForTheWorstOfTexts) {
  const model::GenerationSpec spec = Spec(std::string(16384, '"'));
  const std::string name(5000, '"');
  EXPECT_LE(ProvenancePacket("strobe 0.1.0", name, &spec).size(), kMaxProvenanceWithPromptBytes);
  EXPECT_LE(ProvenancePacket("strobe 0.1.0", name, nullptr).size(), kMaxProvenanceBytes);
}

}  // namespace
}  // namespace strobe::server
