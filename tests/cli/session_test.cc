#include "clients/cli/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_directory.h"
#include <CLI/CLI.hpp>

namespace tiermark::cli {
namespace {

using ::testing::HasSubstr;

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"TIERMARK_SERVER", "TIERMARK_KEY", "TIERMARK_CA_FILE",
                             "TIERMARK_CERTIFICATE_FILE", "TIERMARK_CERTIFICATE_KEY_FILE"}) {
      unsetenv(name);
    }
  }
  void TearDown() override { SetUp(); }

  absl::StatusOr<ClientOptions> Options(std::vector<std::string> arguments) {
    std::ostringstream out;
    Session session({&out, &out, {}, {}});
    CLI::App app;
    session.AddOptions(&app);
    std::reverse(arguments.begin(), arguments.end());
    app.parse(arguments);
    return session.client_options();
  }

  std::string File(const std::string& text) {
    std::string path = folder_.path() + "/file";
    std::ofstream(path) << text;
    return path;
  }

  TemporaryDirectory folder_;
};

TEST_F(SessionTest, ThisMachineIsSpokenToPlainly_AndOthersWithTls) {
  for (const char* server : {"127.0.0.1:50051", "127.1.2.3:1", "localhost:50051", "[::1]:50051",
                             "unix:/run/tiermark.sock"}) {
    EXPECT_FALSE(Options({"--server", server})->tls.has_value()) << server;
  }
  for (const char* server : {"crm.example:50051", "10.0.0.1:50051", "localhost.example:1",
                             "127.corp.example:1", "[2001:db8::1]:50051"}) {
    EXPECT_TRUE(Options({"--server", server})->tls.has_value()) << server;
  }
}

TEST_F(SessionTest, TlsIsAsAskedFor) {
  EXPECT_TRUE(Options({"--tls"})->tls.has_value());
  EXPECT_EQ(Options({"--ca-file", "ca.pem"})->tls->ca_file, "ca.pem");
  EXPECT_EQ(Options({"--certificate-file", "a", "--certificate-key-file", "b"})
                ->tls->certificate_key_file,
            "b");
  EXPECT_EQ(Options({"--tls", "--server-name", "crm.example"})->tls->server_name, "crm.example");
  EXPECT_FALSE(Options({"--server", "crm.example:1", "--plaintext"})->tls.has_value());
  EXPECT_THROW(Options({"--tls", "--plaintext"}).ok(), CLI::ParseError);
  EXPECT_THROW(Options({"--certificate-file", "a"}).ok(), CLI::ParseError);
}

TEST_F(SessionTest, EnvironmentSaysWhatFlagsDoNot) {
  setenv("TIERMARK_SERVER", "crm.example:7", 1);
  EXPECT_EQ(Options({})->target, "crm.example:7");
  EXPECT_EQ(Options({"--server", "localhost:8"})->target, "localhost:8");
  setenv("TIERMARK_CA_FILE", "ca.pem", 1);
  EXPECT_EQ(Options({})->tls->ca_file, "ca.pem");
}

TEST_F(SessionTest, KeysComeFromAFileOrTheEnvironment) {
  EXPECT_EQ(Options({})->api_key, "");
  setenv("TIERMARK_KEY", "tmk_environment", 1);
  EXPECT_EQ(Options({})->api_key, "tmk_environment");
  EXPECT_EQ(Options({"--key-file", File("tmk_file\n")})->api_key, "tmk_file");
  EXPECT_THAT(Options({"--key-file", File(" \n")}).status().message(), HasSubstr("no key in"));
  EXPECT_THAT(Options({"--key-file", folder_.path() + "/none"}).status().message(),
              HasSubstr("cannot read"));
  // What is no key is not sent, nor shown.
  setenv("TIERMARK_KEY", "two\nlines", 1);
  EXPECT_TRUE(absl::IsInvalidArgument(Options({}).status()));
  EXPECT_EQ(Options({}).status().message().find("two"), absl::string_view::npos);
}

TEST_F(SessionTest, ServersAndDeadlinesAreChecked) {
  for (const char* server : {"", "localhost", "localhost:", ":50051", "localhost:http"}) {
    EXPECT_THROW(Options({"--server", server}).ok(), CLI::ParseError) << server;
  }
  EXPECT_EQ(Options({"--deadline", "2m"})->deadline.count(), 120'000);
  EXPECT_THROW(Options({"--deadline", "5"}).ok(), CLI::ParseError);
}

}  // namespace
}  // namespace tiermark::cli
