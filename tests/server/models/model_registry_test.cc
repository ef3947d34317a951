#include "server/models/model_registry.h"

#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/request_error.h"

namespace strobe::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

model::ModelDescription Named(const std::string& name) {
  model::ModelDescription description;
  description.name = name;
  return description;
}

std::vector<std::string> NamesIn(const ModelRegistry& registry) {
  std::vector<std::string> names;
  for (const ModelHandle& model : registry.List()) names.push_back(model.description().name);
  return names;
}

TEST(ModelRegistryTest, FindsByNameAndTheFirstOneWithoutAName) {
  ModelRegistry registry;
  const ModelHandle first = registry.Add(registry.NewKey(), Named("tiny"));
  const ModelHandle second = registry.Add(registry.NewKey(), Named("large"));
  EXPECT_EQ(registry.Find("large")->key(), second.key());
  EXPECT_EQ(registry.Find("tiny")->key(), first.key());
  EXPECT_EQ(registry.Find("")->key(), first.key());
  EXPECT_THAT(NamesIn(registry), ElementsAre("tiny", "large"));
}

TEST(ModelRegistryTest, ANameThatIsNotServedIsAnErrorThatSaysWhatIs) {
  ModelRegistry registry;
  registry.Add(registry.NewKey(), Named("tiny"));
  registry.Add(registry.NewKey(), Named("large"));
  const absl::Status status = registry.Find("secret").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), "MODEL_NOT_FOUND");
  EXPECT_THAT(std::string(status.message()), HasSubstr("tiny, large"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
}

TEST(ModelRegistryTest, AKeyIsNeverGivenAgain) {
  ModelRegistry registry;
  std::set<uint32_t> numbers = {ModelKey().model};
  for (int i = 0; i < 3; ++i) {
    const ModelHandle model = registry.Add(registry.NewKey(), Named("tiny"));
    EXPECT_TRUE(numbers.insert(model.key().model).second);
    registry.Remove(model.key());
  }
  for (const ModelSource& source : registry.NewSources({"a", "b"})) {
    EXPECT_TRUE(numbers.insert(source.key.model).second) << source.directory;
  }
}

TEST(ModelRegistryTest, AHandleOutlivesTheModelsTime) {
  ModelRegistry registry;
  const ModelKey key = registry.NewKey();
  registry.Add(key, Named("tiny"));
  const ModelHandle held = *registry.Find("tiny");
  registry.Remove(key);
  EXPECT_THAT(NamesIn(registry), IsEmpty());
  EXPECT_FALSE(registry.Find("tiny").ok());
  EXPECT_EQ(held.key(), key);
  EXPECT_EQ(held.description().name, "tiny");
}

}  // namespace
}  // namespace strobe::server
