#include "server/security/key_material.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/security/test_certificates.h"

namespace strobe::server {
namespace {

using testing::HasSubstr;
using testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const absl::Time kEnd = kNow + absl::Hours(24);

class KeyMaterialTest : public testing::Test {
 protected:
  static std::string ErrorOf(const KeyMaterial& material, absl::Time now = kNow) {
    const auto expiry = CheckKeyMaterial(material, now);
    EXPECT_EQ(expiry.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(expiry.status().message());
  }

  const CertifiedKey pair_ = MakeCertificate("strobe", kNow - absl::Hours(1), kEnd);
  const CertifiedKey other_ = MakeCertificate("other", kNow - absl::Hours(1), kEnd);
};

TEST_F(KeyMaterialTest, AGoodPairTellsWhenItExpires) {
  const auto expiry = CheckKeyMaterial({pair_.certificate, pair_.key, ""}, kNow);
  ASSERT_TRUE(expiry.ok()) << expiry.status();
  EXPECT_EQ(*expiry, kEnd);
  EXPECT_TRUE(CheckKeyMaterial({pair_.certificate, pair_.key, other_.certificate}, kNow).ok());
}

TEST_F(KeyMaterialTest, AChainIsJudgedByItsFirstCertificate) {
  const std::string chain = pair_.certificate + other_.certificate;
  EXPECT_TRUE(CheckKeyMaterial({chain, pair_.key, ""}, kNow).ok());
  EXPECT_THAT(ErrorOf({chain, other_.key, ""}), HasSubstr("does not belong"));
}

TEST_F(KeyMaterialTest, TheKeyOfAnotherCertificateIsRefused) {
  EXPECT_THAT(ErrorOf({pair_.certificate, other_.key, ""}), HasSubstr("does not belong"));
}

TEST_F(KeyMaterialTest, TextsThatAreNoPemAreRefusedAndNotQuoted) {
  EXPECT_THAT(ErrorOf({"garbage", pair_.key, ""}),
              testing::AllOf(HasSubstr("certificate file"), Not(HasSubstr("garbage"))));
  EXPECT_THAT(ErrorOf({pair_.certificate, "garbage", ""}),
              testing::AllOf(HasSubstr("key file"), Not(HasSubstr("garbage"))));
  EXPECT_THAT(ErrorOf({pair_.certificate, pair_.key, "garbage"}), HasSubstr("client CA"));
  EXPECT_THAT(ErrorOf({"", "", ""}), HasSubstr("certificate file"));
  EXPECT_THAT(ErrorOf({pair_.certificate.substr(0, 100), pair_.key, ""}),
              HasSubstr("certificate file"));
}

TEST_F(KeyMaterialTest, CertificatesOutOfTheirTimeAreRefused) {
  const KeyMaterial material{pair_.certificate, pair_.key, ""};
  EXPECT_TRUE(CheckKeyMaterial(material, kEnd - absl::Seconds(1)).ok());
  EXPECT_THAT(ErrorOf(material, kEnd), HasSubstr("expired on"));
  EXPECT_THAT(ErrorOf(material, kNow - absl::Hours(2)), HasSubstr("valid only from"));
}

}  // namespace
}  // namespace strobe::server
