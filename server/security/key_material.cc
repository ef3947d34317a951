#include "server/security/key_material.h"

#include <ctime>
#include <memory>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "absl/strings/str_cat.h"

namespace strobe::server {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

// Instead of asking for a pass phrase on the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

Bio Open(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Certificate FirstCertificate(const std::string& pem) {
  return Certificate(PEM_read_bio_X509(Open(pem).get(), nullptr, NoPassphrase, nullptr));
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

absl::Status Bad(absl::string_view what) {
  ERR_clear_error();
  return absl::InvalidArgumentError(what);
}

}  // namespace

absl::StatusOr<absl::Time> CheckKeyMaterial(const KeyMaterial& material, absl::Time now) {
  const Certificate certificate = FirstCertificate(material.certificate_chain);
  if (certificate == nullptr) return Bad("the certificate file holds no PEM certificate");
  const Key key(
      PEM_read_bio_PrivateKey(Open(material.private_key).get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) return Bad("the key file holds no unencrypted PEM key");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Bad("the key does not belong to the certificate");
  }
  if (!material.client_ca.empty() && FirstCertificate(material.client_ca) == nullptr) {
    return Bad("the client CA file holds no PEM certificate");
  }
  const absl::Time begin = ToTime(X509_get0_notBefore(certificate.get()));
  const absl::Time end = ToTime(X509_get0_notAfter(certificate.get()));
  if (now >= end) return Bad(absl::StrCat("the certificate expired on ", absl::FormatTime(end)));
  if (now < begin) {
    return Bad(absl::StrCat("the certificate is valid only from ", absl::FormatTime(begin)));
  }
  return end;
}

}  // namespace strobe::server
