#include "client/load/pixel_check.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "model/image_io/image_codec.h"
#include "tests/client/fake_image_service.h"

namespace strobe::client {
namespace {

// 100x10 pixels, all of one value.
model::RgbImage Flat(uint8_t value) { return {100, 10, std::vector<uint8_t>(3000, value)}; }

TEST(PixelCheckTest, ToleratesOneLevelOnAThousandthOfTheValues) {
  EXPECT_TRUE(WithinTolerance(Compare(Flat(5), Flat(5))));
  model::RgbImage other = Flat(5);
  for (int i = 0; i < 3; ++i) other.pixels[i] = 6;
  EXPECT_TRUE(WithinTolerance(Compare(Flat(5), other)));
  other.pixels[3] = 4;
  EXPECT_FALSE(WithinTolerance(Compare(Flat(5), other))) << "4 of 3,000";
  other = Flat(5);
  other.pixels[9] = 7;
  EXPECT_EQ(Compare(Flat(5), other).largest, 2);
  EXPECT_FALSE(WithinTolerance(Compare(Flat(5), other)));
  other = Flat(5);
  other.width = 50;
  other.height = 20;
  EXPECT_FALSE(WithinTolerance(Compare(Flat(5), other)));
}

class PixelCheckCallTest : public ::testing::Test {
 protected:
  // What the server gives when it is asked again.
  void ServeAlone(const model::RgbImage& image) {
    const std::string png = *model::EncodeImage(image, model::ImageFormat::kPng, 0);
    service_.events = {AcceptedEvent("id"), ImageEvent(0, 42, png), CompletedEvent(1)};
  }

  // A picture that came back under load.
  LoadCall::Result Kept(const model::RgbImage& image) {
    LoadCall::Result kept;
    kept.images.push_back(
        ImageEvent(1, 42, *model::EncodeImage(image, model::ImageFormat::kPng, 0)).image());
    return kept;
  }

  PixelCheckResult Check(const std::vector<LoadCall::Result>& kept) {
    return CheckPixels(*client_, canceller_, workload_, kept);
  }

  FakeImageService service_;
  FakeServer server_{service_};
  std::unique_ptr<StrobeClient> client_ = StrobeClient::Connect(server_.address);
  Canceller canceller_;
  workload::Workload workload_{{workload::RequestClass()}};
};

TEST_F(PixelCheckCallTest, AsksForTheImageAloneByItsOwnSeed) {
  ServeAlone(Flat(9));
  const auto result = Check({Kept(Flat(9))});
  EXPECT_EQ(result.checked, 1);
  EXPECT_EQ(result.identical, 1);
  EXPECT_EQ(result.mismatched, 0);
  EXPECT_EQ(result.repeated, 1);
  EXPECT_EQ(result.unrepeatable, 0);
  ASSERT_EQ(service_.requests.size(), 2u);
  for (const v1::GenerateImagesRequest& request : service_.requests) {
    EXPECT_EQ(request.seed(), 42u);
    EXPECT_EQ(request.num_images(), 1);
  }
}

TEST_F(PixelCheckCallTest, ASeedThatGivesTwoPicturesAloneIsFound) {
  std::vector<v1::GenerateImagesResponse> other;
  ServeAlone(Flat(10));
  other = service_.events;
  ServeAlone(Flat(9));
  service_.second_events = other;
  const auto result = Check({Kept(Flat(9))});
  EXPECT_EQ(result.mismatched, 0);
  EXPECT_EQ(result.repeated, 1);
  EXPECT_EQ(result.unrepeatable, 1) << "one level is tolerated between batches, not alone";
  EXPECT_NE(result.first_problem.find("seed 42 alone gave two"), std::string::npos);
}

TEST_F(PixelCheckCallTest, FindsOtherPixelsAndSaysWhichSeed) {
  ServeAlone(Flat(11));
  const auto result = Check({Kept(Flat(9)), Kept(Flat(11))});
  EXPECT_EQ(result.checked, 2);
  EXPECT_EQ(result.identical, 1);
  EXPECT_EQ(result.mismatched, 1);
  EXPECT_EQ(result.worst.largest, 2);
  EXPECT_NE(result.first_problem.find("42"), std::string::npos);
}

TEST_F(PixelCheckCallTest, BytesThatAreNoPictureAreAMismatch) {
  ServeAlone(Flat(9));
  LoadCall::Result broken = Kept(Flat(9));
  broken.images[0].set_data("no picture");
  EXPECT_EQ(Check({broken}).mismatched, 1);
}

TEST_F(PixelCheckCallTest, WhatEndedEarlyOrIsRefusedIsSkipped) {
  service_.status = {grpc::StatusCode::RESOURCE_EXHAUSTED, "full"};
  LoadCall::Result early = Kept(Flat(9));
  early.images[0].set_finish_reason(v1::FINISH_REASON_LOAD);
  const auto result = Check({early, Kept(Flat(9))});
  EXPECT_EQ(result.checked, 0);
  EXPECT_EQ(result.skipped, 2);
  EXPECT_EQ(service_.requests.size(), 1u);
}

}  // namespace
}  // namespace strobe::client
