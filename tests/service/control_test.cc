// Commands on the machine get a copy from the server, and no one of them holds it up.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/control_client.h"
#include "service/control_server.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/temporary_directory.h"

namespace tiermark {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

using Progress = std::function<bool(int64_t done, int64_t total)>;

class ControlTest : public testing::Test {
 protected:
  void Start(ControlServer::BackUp back_up) {
    auto server = ControlServer::Start(store_, std::move(back_up));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  absl::StatusOr<std::unique_ptr<ServedCopy>> Ask() {
    return ServedCopy::Ask(store_, [](absl::string_view, int64_t, int64_t) {});
  }

  static absl::StatusOr<std::string> NoCopy(const Progress&) {
    return absl::FailedPreconditionError("no room");
  }

  TemporaryDirectory directory_;
  const std::string store_ = directory_.File("store.db");
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlTest, Copy_IsTheCommandsAndGoesWithIt) {
  Start([this](const Progress& progress) -> absl::StatusOr<std::string> {
    if (!progress(1, 2)) return absl::CancelledError("the command is gone");
    std::ofstream(CopyPathOf(store_)) << "copy";
    return CopyPathOf(store_);
  });
  auto copy = Ask();
  ASSERT_TRUE(copy.ok()) << copy.status();
  ASSERT_NE(*copy, nullptr);
  EXPECT_EQ(std::filesystem::canonical((*copy)->path()),
            std::filesystem::canonical(CopyPathOf(store_)));
  copy->reset();
  EXPECT_FALSE(std::filesystem::exists(CopyPathOf(store_)));
}

TEST_F(ControlTest, NobodyServes_IsNoError) {
  EXPECT_EQ(*Ask(), nullptr);
  Start(NoCopy);
  server_->Stop();
  EXPECT_EQ(*Ask(), nullptr);
}

TEST_F(ControlTest, CopyThatCannotBeMade_IsToldWithTheServersWords) {
  absl::Status why = absl::FailedPreconditionError("no room");
  Start([&why](const Progress&) -> absl::StatusOr<std::string> { return why; });
  EXPECT_EQ(Ask().status(), why);
  why = absl::DataLossError("the file is damaged");
  EXPECT_EQ(Ask().status(), why);
}

TEST_F(ControlTest, UnknownCommand_IsToldSo) {
  Start(NoCopy);
  const auto socket = ConnectAt(ControlPath(store_));
  ASSERT_TRUE(socket.ok()) << socket.status();
  ASSERT_TRUE(SendLine(*socket, "dance"));
  LineReader lines(*socket);
  const auto answer = lines.Next(absl::Seconds(10));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(*answer, HasSubstr("error this server knows no such command"));
}

TEST_F(ControlTest, CommandThatStopsReading_IsGivenUp) {
  std::promise<void> given_up;
  Start([&given_up](const Progress& progress) -> absl::StatusOr<std::string> {
    while (progress(1, 2)) {
    }
    given_up.set_value();
    return absl::CancelledError("the command is gone");
  });
  const auto socket = ConnectAt(ControlPath(store_));
  ASSERT_TRUE(socket.ok()) << socket.status();
  ASSERT_TRUE(SendLine(*socket, kBackupRequest));
  ASSERT_EQ(given_up.get_future().wait_for(seconds(20)), std::future_status::ready);
}

TEST_F(ControlTest, CommandThatSaysNothing_DoesNotHoldUpStop) {
  Start(NoCopy);
  const auto socket = ConnectAt(ControlPath(store_));
  ASSERT_TRUE(socket.ok()) << socket.status();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto begun = steady_clock::now();
  server_->Stop();
  EXPECT_LT(steady_clock::now() - begun, seconds(2));
}

}  // namespace
}  // namespace tiermark
