#include "model/scenes/label_mapping.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const AttributeHeads kMany = {{"color", {"", "blue", "green", "red"}},
                              {"moons", {"", "one", "two"}},
                              {"subject", {"", "face", "planet"}}};

TEST(LabelMappingTest, ValuesAreFoundByTheirNames) {
  const AttributeHeads few = {{"subject", {"", "planet"}}, {"color", {"", "blue", "red"}}};
  const auto mapping = LabelMapping::Create(few, kMany);
  ASSERT_TRUE(mapping.ok()) << mapping.status();
  EXPECT_THAT(mapping->Map({1, 2}, kNotTold), ElementsAre(3, kNotTold, 2));
  EXPECT_THAT(mapping->Map({0, 1}, kNotSaid), ElementsAre(1, kNotSaid, 0));
  EXPECT_THAT(mapping->Map({kNotTold, 1}, kNotSaid), ElementsAre(1, kNotSaid, kNotTold));
}

TEST(LabelMappingTest, EverythingThatIsNotKnownIsNamed) {
  const AttributeHeads other = {{"color", {"", "mauve", "red", "teal"}}, {"tail", {"", "long"}}};
  const absl::Status status = LabelMapping::Create(other, kMany).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("the value 'mauve' of 'color'"), HasSubstr("'teal'"),
                    HasSubstr("the attribute 'tail'")));
}

TEST(LabelMappingTest, WithoutAttributesThereIsNothingToMap) {
  EXPECT_FALSE(LabelMapping::Create({}, kMany).ok());
  const auto nothing = LabelMapping::Create({}, {});
  ASSERT_TRUE(nothing.ok());
  EXPECT_THAT(nothing->Map({}, kNotSaid), ElementsAre());
}

}  // namespace
}  // namespace strobe::model
