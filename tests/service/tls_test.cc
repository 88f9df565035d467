// Certificates from files: what is accepted, what is said of the rest, and files that change.
#include "service/tls.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <thread>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/service/certificates.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Tls : public testing::Test {
 protected:
  Tls() : issued_(authority_.IssueForServer()) {
    options_.certificate_file = directory_.File("cert.pem");
    options_.key_file = directory_.File("key.pem");
    options_.check_interval = absl::ZeroDuration();
    WriteText(options_.certificate_file, issued_.certificate);
    WriteText(options_.key_file, issued_.key);
  }

  std::string Refusal() {
    const auto files = TlsFiles::Load(options_);
    EXPECT_EQ(files.status().code(), absl::StatusCode::kFailedPrecondition) << files.status();
    return std::string(files.status().message());
  }

  std::unique_ptr<TlsFiles> Load() {
    auto files = TlsFiles::Load(options_);
    EXPECT_OK(files);
    return files.ok() ? *std::move(files) : nullptr;
  }

  // What is logged by some work.
  template <typename Work>
  static std::string LoggedBy(Work work) {
    testing::internal::CaptureStderr();
    work();
    return testing::internal::GetCapturedStderr();
  }

  const TemporaryDirectory directory_;
  const CertificateAuthority authority_{"authority"};
  IssuedCertificate issued_;
  TlsOptions options_;
};

TEST_F(Tls, Load_AGoodSet_IsCurrent) {
  options_.client_ca_file = directory_.File("ca.pem");
  options_.require_client_certificate = true;
  WriteText(options_.client_ca_file, authority_.root());
  std::unique_ptr<TlsFiles> files;
  EXPECT_THAT(LoggedBy([&] { files = Load(); }), IsEmpty());
  const auto material = files->current();
  EXPECT_EQ(material->certificate_chain, issued_.certificate);
  EXPECT_EQ(material->private_key, issued_.key);
  EXPECT_EQ(material->client_ca, authority_.root());
  EXPECT_TRUE(material->require_client_certificate);
  EXPECT_EQ(material->version, 1);
  EXPECT_GT(material->expires, absl::Now());
  EXPECT_LT(material->expires, absl::Now() + absl::Hours(25));
}

TEST_F(Tls, Load_OneFileForBoth_IsGood) {
  options_.key_file = options_.certificate_file;
  WriteText(options_.certificate_file, issued_.key + issued_.certificate);
  EXPECT_OK(TlsFiles::Load(options_));
}

TEST_F(Tls, Load_OptionsThatContradict_AreRefused) {
  options_.require_client_certificate = true;
  EXPECT_EQ(TlsFiles::Load(options_).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TlsFiles::Load({}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(Tls, Load_AFault_NamesTheFileAndWhatIsWrong) {
  const std::string cut = issued_.certificate.substr(0, issued_.certificate.size() / 2);
  const struct {
    const char* file;
    std::string text;
    const char* what;
  } kFaults[] = {
      {"cert.pem", "", "holds no certificate"},
      {"cert.pem", issued_.key, "holds no certificate"},
      {"cert.pem", cut, "certificate number 1 is damaged"},
      {"cert.pem", issued_.certificate + cut, "certificate number 2 is damaged"},
      {"cert.pem", std::string((1 << 20) + 1, '#'), "longer than 1 MiB"},
      {"key.pem", "", "holds no private key"},
      {"key.pem", issued_.key.substr(0, 100), "holds no private key"},
      {"key.pem", authority_.IssueForServer().key, "not that of the first certificate"},
      {"key.pem", Encrypted(issued_.key), "is encrypted"},
      {"ca.pem", "none", "holds no certificate"},
  };
  for (const auto& fault : kFaults) {
    SCOPED_TRACE(fault.what);
    options_.client_ca_file = directory_.File("ca.pem");
    WriteText(options_.certificate_file, issued_.certificate);
    WriteText(options_.key_file, issued_.key);
    WriteText(options_.client_ca_file, authority_.root());
    WriteText(directory_.File(fault.file), fault.text);
    EXPECT_THAT(Refusal(), AllOf(HasSubstr(fault.file), HasSubstr(fault.what),
                                 Not(HasSubstr(issued_.key.substr(60, 40)))));
  }
}

TEST_F(Tls, Load_WhatIsNoFile_IsRefusedByName) {
  options_.key_file = directory_.path();
  EXPECT_THAT(Refusal(), HasSubstr("is not a regular file"));
  options_.key_file = directory_.File("pipe");
  ASSERT_EQ(::mkfifo(options_.key_file.c_str(), 0600), 0);
  EXPECT_THAT(Refusal(), HasSubstr("is not a regular file"));
  options_.key_file = directory_.File("absent.pem");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("absent.pem"), HasSubstr("No such file")));
}

TEST_F(Tls, Load_AKeyTooShort_IsRefused) {
  CertificateText text;
  text.common_name = "weak";
  text.rsa_bits = 1024;
  const IssuedCertificate weak = authority_.Issue(text);
  WriteText(options_.certificate_file, weak.certificate);
  WriteText(options_.key_file, weak.key);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("cert.pem"), HasSubstr("key too small")));
}

TEST_F(Tls, Load_AKeyThatAllCanRead_IsWarnedOf) {
  ASSERT_EQ(::chmod(options_.key_file.c_str(), 0644), 0);
  EXPECT_THAT(LoggedBy([&] { Load(); }),
              AllOf(HasSubstr("warning"), HasSubstr("key.pem"), HasSubstr("chmod")));
}

TEST_F(Tls, Load_ACertificateThatHasExpired_IsWarnedOf) {
  CertificateText text;
  text.common_name = "old";
  text.days = -1;
  const IssuedCertificate old = authority_.Issue(text);
  WriteText(options_.certificate_file, old.certificate);
  WriteText(options_.key_file, old.key);
  EXPECT_THAT(LoggedBy([&] { Load(); }),
              AllOf(HasSubstr("warning"), HasSubstr("cert.pem"), HasSubstr("has expired")));
}

TEST_F(Tls, Check_ANewPair_IsTaken) {
  const auto files = Load();
  EXPECT_FALSE(files->Check());
  const IssuedCertificate renewed = authority_.IssueForServer();
  WriteText(options_.certificate_file, renewed.certificate);
  WriteText(options_.key_file, renewed.key);
  const auto before = files->current();
  EXPECT_THAT(LoggedBy([&] { EXPECT_TRUE(files->Check()); }), HasSubstr("\"version\":2"));
  EXPECT_EQ(files->current()->version, 2);
  EXPECT_EQ(files->current()->private_key, renewed.key);
  EXPECT_EQ(before->private_key, issued_.key) << "whoever holds it keeps it";
  EXPECT_FALSE(files->Check());
}

TEST_F(Tls, Check_TheSameContentAnew_IsNoChange) {
  const auto files = Load();
  WriteText(options_.certificate_file, issued_.certificate);
  EXPECT_THAT(LoggedBy([&] { EXPECT_FALSE(files->Check()); }), IsEmpty());
  EXPECT_EQ(files->current()->version, 1);
}

TEST_F(Tls, Check_HalfOfANewPair_KeepsTheOldAndSaysSoOnce) {
  const auto files = Load();
  const IssuedCertificate renewed = authority_.IssueForServer();
  WriteText(options_.certificate_file, renewed.certificate);
  EXPECT_THAT(LoggedBy([&] { EXPECT_FALSE(files->Check()); }),
              AllOf(HasSubstr("warning"), HasSubstr("stay in use"), HasSubstr("key.pem")));
  EXPECT_THAT(LoggedBy([&] { EXPECT_FALSE(files->Check()); }), IsEmpty());
  EXPECT_EQ(files->current()->certificate_chain, issued_.certificate);
  // A further change is a further fault.
  ASSERT_EQ(::unlink(options_.certificate_file.c_str()), 0);
  EXPECT_THAT(LoggedBy([&] { EXPECT_FALSE(files->Check()); }), HasSubstr("No such file"));
  WriteText(options_.certificate_file, renewed.certificate);
  WriteText(options_.key_file, renewed.key);
  EXPECT_TRUE(files->Check());
  EXPECT_EQ(files->current()->version, 2);
}

TEST_F(Tls, Check_AFaultThatPasses_IsGotOver) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer needs descriptors to look at memory";
#endif
  const auto files = Load();
  const IssuedCertificate renewed = authority_.IssueForServer();
  WriteText(options_.certificate_file, renewed.certificate);
  WriteText(options_.key_file, renewed.key);
  struct rlimit limit = {};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const struct rlimit none = {0, limit.rlim_max};
  EXPECT_THAT(LoggedBy([&] {
                ::setrlimit(RLIMIT_NOFILE, &none);
                EXPECT_FALSE(files->Check());
                ::setrlimit(RLIMIT_NOFILE, &limit);
              }),
              HasSubstr("Too many open files"));
  EXPECT_TRUE(files->Check()) << "the files are as they were";
}

TEST_F(Tls, Check_BackToWhatWasThere_IsNoChange) {
  const auto files = Load();
  WriteText(options_.key_file, authority_.IssueForServer().key);
  EXPECT_FALSE(files->Check());
  WriteText(options_.key_file, issued_.key);
  EXPECT_FALSE(files->Check());
  EXPECT_EQ(files->current()->version, 1);
}

TEST_F(Tls, Check_OtherRoots_AreTaken) {
  options_.client_ca_file = directory_.File("ca.pem");
  WriteText(options_.client_ca_file, authority_.root());
  const auto files = Load();
  WriteText(options_.client_ca_file, authority_.root() + CertificateAuthority("other").root());
  EXPECT_TRUE(files->Check());
}

TEST_F(Tls, Watching_TakesWhatChanges_WhileOthersRead) {
  options_.check_interval = absl::Milliseconds(5);
  const auto files = Load();
  std::vector<std::thread> readers;
  std::atomic<bool> stop = false;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        EXPECT_OK(MakeTlsContext(*files->current(), {"http/1.1"}));
      }
    });
  }
  const absl::Time patience = absl::Now() + absl::Seconds(30);
  for (int version = 2; version <= 6; ++version) {
    const IssuedCertificate renewed = authority_.IssueForServer();
    WriteText(options_.certificate_file, renewed.certificate);
    WriteText(options_.key_file, renewed.key);
    while (files->current()->private_key != renewed.key && absl::Now() < patience) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    EXPECT_EQ(files->current()->private_key, renewed.key);
    EXPECT_EQ(files->current()->version, version);
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(Tls, CertificateNames_AreDnsNamesThenUris) {
  CertificateText text;
  text.common_name = "common";
  text.dns_names = {"b.example", "a.example"};
  text.uris = {"spiffe://example/crm"};
  text.emails = {"who@example"};
  EXPECT_THAT(CertificateNames(ParseCertificate(authority_.Issue(text).certificate).get()),
              ElementsAre("b.example", "a.example", "spiffe://example/crm"));
}

TEST_F(Tls, CertificateNames_TheCommonName_CountsWithoutAlternatives) {
  CertificateText text;
  text.common_name = "común";
  EXPECT_THAT(CertificateNames(ParseCertificate(authority_.Issue(text).certificate).get()),
              ElementsAre("común"));
  text.emails = {"who@example"};
  EXPECT_THAT(CertificateNames(ParseCertificate(authority_.Issue(text).certificate).get()),
              IsEmpty());
}

TEST_F(Tls, CertificateNames_WithANulByte_AreLeftOut) {
  CertificateText text;
  text.common_name = std::string("crm\0.evil", 9);
  EXPECT_THAT(CertificateNames(ParseCertificate(authority_.Issue(text).certificate).get()),
              IsEmpty());
  text.dns_names = {std::string("crm.example\0.evil", 17), "good.example"};
  EXPECT_THAT(CertificateNames(ParseCertificate(authority_.Issue(text).certificate).get()),
              ElementsAre("good.example"));
}

}  // namespace
}  // namespace tiermark
