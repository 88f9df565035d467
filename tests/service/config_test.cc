// The configuration: where settings come from, and what is refused.
#include "service/config.h"

#include <cstdlib>
#include <fstream>
#include <set>

#include "gmock/gmock.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  ~ConfigTest() override {
    for (const std::string& name : set_) unsetenv(name.c_str());
  }

  void SetEnvironment(const std::string& name, const std::string& value) {
    set_.insert(name);
    setenv(name.c_str(), value.c_str(), 1);
  }

  std::string WriteFile(const std::string& text) {
    std::string path = directory_.File("tiermarkd.conf");
    std::ofstream(path) << text;
    return path;
  }

  static absl::StatusOr<CommandLine> Read(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "tiermarkd");
    return ReadCommandLine(static_cast<int>(arguments.size()), arguments.data());
  }

  TemporaryDirectory directory_;
  std::set<std::string> set_;
};

TEST_F(ConfigTest, Defaults_ServeOnLoopback) {
  const auto command = Read({});
  ASSERT_OK(command);
  EXPECT_EQ(command->action, CommandLine::Action::kServe);
  EXPECT_EQ(command->config.store, "sqlite:tiermark.db");
  EXPECT_EQ(command->config.grpc_listen, "127.0.0.1:50051");
  EXPECT_FALSE(command->config.demo);
  EXPECT_TRUE(ServesReflection(command->config));
}

TEST_F(ConfigTest, AFlagWinsOverTheEnvironmentAndThatOverTheFile) {
  const std::string file = "--config=" + WriteFile(
                                             "store-readers = 3\n"
                                             "store-cache-mib = 30\n"
                                             "drain-seconds = 33\n"
                                             "demo = true\n");
  SetEnvironment("TIERMARK_STORE_READERS", "2");
  SetEnvironment("TIERMARK_STORE_CACHE_MIB", "20");
  const auto command = Read({file.c_str(), "--store-readers=1"});
  ASSERT_OK(command);
  EXPECT_EQ(command->config.store_readers, 1);
  EXPECT_EQ(command->config.store_cache_mib, 20);
  EXPECT_EQ(command->config.drain_seconds, 33);
  EXPECT_TRUE(command->config.demo);
}

TEST_F(ConfigTest, TheFile_MayBeNamedInTheEnvironment) {
  SetEnvironment("TIERMARK_CONFIG", WriteFile("drain-seconds = 33\n"));
  const auto command = Read({});
  ASSERT_OK(command);
  EXPECT_EQ(command->config.drain_seconds, 33);
}

TEST_F(ConfigTest, EnvironmentFlags_MayBeTurnedOffOnTheCommandLine) {
  SetEnvironment("TIERMARK_DEMO", "true");
  EXPECT_TRUE(Read({})->config.demo);
  EXPECT_FALSE(Read({"--demo=false"})->config.demo);
}

// Images and scripts set such names for purposes of their own.
TEST_F(ConfigTest, WhatIsEmpty_TakesNothingOfWhatFollows) {
  SetEnvironment("TIERMARK_TLS_CLIENT_CA", "");
  SetEnvironment("TIERMARK_DRAIN_SECONDS", "");
  auto command = Read({"--store-readers=9"});
  ASSERT_OK(command);
  EXPECT_EQ(command->config.tls_client_ca, "");
  EXPECT_EQ(command->config.store_readers, 9);

  command = Read({"--tls-client-ca=", "--store-readers=8"});
  ASSERT_OK(command);
  EXPECT_EQ(command->config.tls_client_ca, "");
  EXPECT_EQ(command->config.store_readers, 8);
  EXPECT_FALSE(Read({"--demo="}).ok());
}

TEST_F(ConfigTest, WhatIsNoSetting_IsNotReadFromTheEnvironment) {
  SetEnvironment("TIERMARK_VERSION", "0.1.0");
  SetEnvironment("TIERMARK_HELP", "1");
  SetEnvironment("TIERMARK_CHECK_CONFIG", "1");
  const auto command = Read({});
  ASSERT_OK(command);
  EXPECT_EQ(command->action, CommandLine::Action::kServe);
}

TEST_F(ConfigTest, EveryFault_IsListed) {
  const auto command =
      Read({"--store=mysql:x", "--grpc-listen=nowhere", "--reflection=maybe", "--log-level=loud",
            "--store-readers=0", "--store-cache-mib=4097", "--drain-seconds=-1"});
  ASSERT_EQ(command.status().code(), absl::StatusCode::kInvalidArgument);
  for (const char* name : {"store:", "grpc-listen:", "reflection:", "log-level:", "store-readers:",
                           "store-cache-mib:", "drain-seconds:"}) {
    EXPECT_THAT(std::string(command.status().message()), HasSubstr(name));
  }
}

TEST_F(ConfigTest, Bounds_AreExact) {
  for (const char* good : {"--store-readers=1", "--store-readers=64", "--store-cache-mib=8",
                           "--store-cache-mib=4096", "--drain-seconds=0", "--drain-seconds=600",
                           "--grpc-listen=127.0.0.1:0", "--grpc-listen=127.0.0.1:65535"}) {
    EXPECT_OK(Read({good}));
  }
  for (const char* bad :
       {"--store-readers=0", "--store-readers=65", "--store-readers=many", "--store-cache-mib=7",
        "--store-cache-mib=4097", "--drain-seconds=-1", "--drain-seconds=601",
        "--grpc-listen=127.0.0.1:65536", "--grpc-listen=127.0.0.1:-1", "--grpc-listen=127.0.0.1",
        "--grpc-listen=:50051", "--grpc-listen=127.0.0.1:", "--store=sqlite:", "--store="}) {
    EXPECT_EQ(Read({bad}).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
}

TEST_F(ConfigTest, WhatIsNotKnown_IsRefused) {
  EXPECT_FALSE(Read({"--stroe=sqlite:x"}).ok());
  EXPECT_FALSE(Read({"sqlite:x"}).ok());
  const std::string file = "--config=" + WriteFile("stroe = sqlite:x\n");
  EXPECT_FALSE(Read({file.c_str()}).ok());
  EXPECT_FALSE(Read({"--config=/no/such/file"}).ok());
}

TEST_F(ConfigTest, ListeningBeyondLoopback_MustBeMeant) {
  for (const char* listen : {"--grpc-listen=0.0.0.0:50051", "--grpc-listen=[::]:50051",
                             "--grpc-listen=192.0.2.7:50051", "--grpc-listen=db.example:1"}) {
    EXPECT_FALSE(Read({listen}).ok()) << listen;
    const auto meant = Read({listen, "--allow-insecure-remote"});
    ASSERT_OK(meant);
    EXPECT_FALSE(ServesReflection(meant->config)) << "auto is for loopback only";
  }
  for (const char* listen :
       {"--grpc-listen=localhost:1", "--grpc-listen=[::1]:1", "--grpc-listen=127.1.2.3:1"}) {
    EXPECT_OK(Read({listen}));
  }
  // A name that only begins like an address of the loopback is somebody else's.
  EXPECT_FALSE(Read({"--grpc-listen=127.0.0.1.example.com:50051"}).ok());
}

TEST_F(ConfigTest, TheHttpPort_MayBeOff) {
  EXPECT_TRUE(ServesHttp(Read({})->config));
  const auto off = Read({"--http-listen=off"});
  ASSERT_OK(off);
  EXPECT_FALSE(ServesHttp(off->config));
  EXPECT_FALSE(Read({"--http-listen=0.0.0.0:8080"}).ok());
  EXPECT_FALSE(Read({"--http-listen=nowhere"}).ok());
}

TEST_F(ConfigTest, Tls_LetsItListenBeyondLoopback) {
  const char* certificate = "--tls-certificate=server.pem";
  const char* key = "--tls-key=key.pem";
  EXPECT_OK(Read({certificate, key, "--grpc-listen=0.0.0.0:1", "--http-listen=0.0.0.0:2"}));
  EXPECT_FALSE(Read({certificate}).ok());
  EXPECT_FALSE(Read({key}).ok());
  EXPECT_FALSE(Read({"--tls-client-ca=ca.pem"}).ok());
  EXPECT_FALSE(Read({certificate, key, "--tls-require-client-certificate"}).ok());
  EXPECT_OK(Read({certificate, key, "--tls-client-ca=ca.pem", "--tls-require-client-certificate"}));
}

TEST_F(ConfigTest, Origins_AreAsBrowsersSendThem) {
  const auto read = Read({"--cors-origins=https://crm.example,http://localhost:3000"});
  ASSERT_OK(read);
  EXPECT_EQ(read->config.cors_origins,
            (std::vector<std::string>{"https://crm.example", "http://localhost:3000"}));
  for (const char* bad :
       {"--cors-origins=*", "--cors-origins=crm.example", "--cors-origins=null",
        "--cors-origins=https://crm.example/", "--cors-origins=https://CRM.example",
        "--cors-origins=https://*.example"}) {
    EXPECT_FALSE(Read({bad}).ok()) << bad;
  }
}

TEST_F(ConfigTest, KeyCreate_TakesTheStoreBeforeAndBehind) {
  for (const auto& arguments :
       {std::vector<const char*>{"--store=sqlite:x.db", "key", "create", "--name=me"},
        std::vector<const char*>{"key", "create", "--store=sqlite:x.db", "--name=me"}}) {
    const auto command = Read(arguments);
    ASSERT_OK(command);
    EXPECT_EQ(command->action, CommandLine::Action::kCreateKey);
    EXPECT_EQ(command->config.store, "sqlite:x.db");
    EXPECT_EQ(command->key.display_name, "me");
    EXPECT_EQ(command->key.tenant, "default");
    EXPECT_EQ(command->key.role, "administrator");
  }
  for (const char* bad : {"--role=root", "--tenant=Not A Name", "--expire-days=-1"}) {
    EXPECT_FALSE(Read({"key", "create", "--name=me", bad}).ok()) << bad;
  }
  EXPECT_FALSE(Read({"key", "create"}).ok());
  EXPECT_FALSE(Read({"key"}).ok());
}

TEST_F(ConfigTest, NamesOfKeys_MustBeReadable) {
  for (const std::string& bad :
       {std::string("\xff"), std::string("caf\xe9"), std::string("a\nb"), std::string("\x01"),
        std::string("\xc2\x85"), std::string(201, 'x')}) {
    KeyCommand key;
    key.display_name = bad;
    EXPECT_THAT(std::string(ValidateKeyCommand(key).message()), HasSubstr("name:"));
    key.display_name = "good";
    key.certificate_name = bad;
    EXPECT_THAT(std::string(ValidateKeyCommand(key).message()), HasSubstr("certificate-name:"));
  }
  KeyCommand key;
  key.display_name = std::string(200, 'x');
  key.certificate_name = "spiffe://example.org/ns/crm/sa/plugin";
  EXPECT_TRUE(ValidateKeyCommand(key).ok());
}

TEST_F(ConfigTest, CheckConfig_ValidatesAndServesNot) {
  const auto good = Read({"--check-config"});
  ASSERT_OK(good);
  EXPECT_EQ(good->action, CommandLine::Action::kCheckConfig);
  EXPECT_FALSE(Read({"--check-config", "--store-readers=0"}).ok());
}

TEST_F(ConfigTest, VersionAndHelp_ArePrinted) {
  const auto version = Read({"--version"});
  ASSERT_OK(version);
  EXPECT_EQ(version->action, CommandLine::Action::kPrint);
  EXPECT_THAT(version->text, testing::MatchesRegex("tiermarkd [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  const auto help = Read({"--help"});
  ASSERT_OK(help);
  EXPECT_EQ(help->action, CommandLine::Action::kPrint);
  EXPECT_THAT(help->text, HasSubstr("--grpc-listen"));
}

}  // namespace
}  // namespace tiermark
