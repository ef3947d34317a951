#include "server/security/tls_credentials.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/fakes/fake_clock.h"
#include "tests/server/security/test_certificates.h"

namespace strobe::server {
namespace {

using testing::HasSubstr;

// Rotation, without handshakes: tests/integration/security_test.py has those.
class TlsCredentialsTest : public testing::Test {
 protected:
  TlsCredentialsTest() {
    std::filesystem::create_directories(folder_);
    Write("cert.pem", first_.certificate);
    Write("key.pem", first_.key);
  }
  ~TlsCredentialsTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name)) << text;
  }

  CertifiedKey Make(absl::Duration lifetime) {
    return MakeCertificate("strobe", clock_.Now() - absl::Hours(1), clock_.Now() + lifetime);
  }

  void Load() {
    auto loaded =
        TlsCredentials::Load({Path("cert.pem"), Path("key.pem"), client_ca_}, clock_, metrics_);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    credentials_ = *std::move(loaded);
  }

  double Expiry() { return metrics_.tls_certificate_expiry_timestamp_seconds.Value(); }

  FakeClock clock_;
  prometheus::Registry registry_;
  SecurityMetrics metrics_{registry_};
  const std::string folder_ = absl::StrCat(testing::TempDir(), "/strobe-tls-", getpid());
  const CertifiedKey first_ = Make(absl::Hours(24));
  const CertifiedKey second_ = Make(absl::Hours(48));
  std::string client_ca_;
  std::unique_ptr<TlsCredentials> credentials_;
};

TEST_F(TlsCredentialsTest, LoadsAGoodPairAndTellsItsExpiry) {
  Load();
  EXPECT_EQ(credentials_->current().material.private_key, first_.key);
  EXPECT_EQ(Expiry(), absl::ToUnixSeconds(clock_.Now() + absl::Hours(24)));
}

TEST_F(TlsCredentialsTest, RefusesToStartWithFilesThatCannotBeUsed) {
  const auto error = [this](const TlsFiles& files) {
    return std::string(TlsCredentials::Load(files, clock_, metrics_).status().message());
  };
  EXPECT_THAT(error({Path("none.pem"), Path("key.pem"), ""}), HasSubstr(Path("none.pem")));
  EXPECT_THAT(error({Path("cert.pem"), Path("cert.pem"), ""}), HasSubstr("key file"));
  Write("empty.pem", "");
  EXPECT_THAT(error({Path("cert.pem"), Path("key.pem"), Path("empty.pem")}), HasSubstr("is empty"));
}

TEST_F(TlsCredentialsTest, AGoodNewPairIsTakenIntoUse) {
  Load();
  const int number = credentials_->current().number;
  Write("cert.pem", second_.certificate);
  Write("key.pem", second_.key);
  credentials_->Reload();
  EXPECT_EQ(credentials_->current().material.private_key, second_.key);
  EXPECT_EQ(credentials_->current().number, number + 1);
  EXPECT_EQ(Expiry(), absl::ToUnixSeconds(clock_.Now() + absl::Hours(48)));
  EXPECT_EQ(metrics_.tls_reload_failures.Value(), 0);
}

TEST_F(TlsCredentialsTest, UnchangedFilesChangeNothing) {
  Load();
  const int number = credentials_->current().number;
  credentials_->Reload();
  EXPECT_EQ(credentials_->current().number, number);
}

TEST_F(TlsCredentialsTest, TheLastGoodPairSurvivesEveryBadOne) {
  Load();
  int failures = 0;
  const auto expect_first_in_use = [&] {
    credentials_->Reload();
    credentials_->Reload();  // one failure is counted once, however often it is seen
    EXPECT_EQ(credentials_->current().material.private_key, first_.key);
    EXPECT_EQ(metrics_.tls_reload_failures.Value(), ++failures);
  };
  Write("key.pem", second_.key);  // the certificate has not come yet
  expect_first_in_use();
  Write("key.pem", "garbage");
  expect_first_in_use();
  unlink(Path("key.pem").c_str());
  expect_first_in_use();
  const CertifiedKey expired = Make(absl::Minutes(-1));
  Write("cert.pem", expired.certificate);
  Write("key.pem", expired.key);
  expect_first_in_use();

  Write("cert.pem", second_.certificate);
  Write("key.pem", second_.key);
  credentials_->Reload();
  EXPECT_EQ(credentials_->current().material.private_key, second_.key);
  EXPECT_EQ(metrics_.tls_reload_failures.Value(), failures);
}

TEST_F(TlsCredentialsTest, TheSameFailureAfterAnEndOfItCountsAgain) {
  Load();
  for (int round = 1; round <= 2; ++round) {
    Write("key.pem", "garbage");
    credentials_->Reload();
    EXPECT_EQ(metrics_.tls_reload_failures.Value(), round);
    Write("key.pem", first_.key);
    credentials_->Reload();
  }
}

}  // namespace
}  // namespace strobe::server
