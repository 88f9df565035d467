// tiermarkd: reads its configuration, opens the store, serves, and drains when told to stop.
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "service/account_jobs.h"
#include "service/catalog.h"
#include "service/config.h"
#include "service/demo.h"
#include "service/feed_hub.h"
#include "service/grpc/server.h"
#include "service/handlers/handlers.h"
#include "service/log.h"
#include "service/method_table.h"
#include "service/model_settings.h"
#include "service/pipeline.h"
#include "service/settings.h"
#include "storage/clock.h"
#include "storage/sqlite/sqlite_store.h"

namespace tiermark {
namespace {

// Exit codes of sysexits(3), which systemd and scripts know.
constexpr int kExitUsage = 64;
constexpr int kExitUnavailable = 69;
constexpr int kExitSoftware = 70;

int Fail(int code, absl::string_view what, const absl::Status& status) {
  Log(LogLevel::kError, what, {{"cause", std::string(status.message())}});
  return code;
}

// Signals that end the server are taken by one thread that waits for them, so that no handler runs
// in the middle of anything. Called before any thread starts.
sigset_t BlockEndingSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

int Serve(const Config& config) {
  const sigset_t signals = BlockEndingSignals();
  TakeProtobufLog();
  auto catalog = Catalog::Make(Catalog::Shipped());
  if (!catalog.ok()) return Fail(kExitSoftware, "the shipped models are faulty", catalog.status());

  FeedHub feed;
  SqliteStoreOptions store_options;
  store_options.path = *ParseSqliteStore(config.store);
  store_options.readers = config.store_readers;
  store_options.cache_bytes = int64_t{config.store_cache_mib} << 20;
  store_options.log = [](absl::string_view cause) {
    Log(LogLevel::kWarning, "store", {{"cause", cause}});
  };
  store_options.on_fatal = [](const absl::Status& status) {
    Log(LogLevel::kError, "the store cannot go on", {{"cause", std::string(status.message())}});
    std::_Exit(kExitSoftware);
  };
  auto store = OpenSqliteStore(store_options);
  if (!store.ok()) return Fail(kExitUnavailable, "cannot open the store", store.status());

  absl::Status loaded = LoadSettings(**store, catalog->get());
  if (loaded.ok()) loaded = LoadModels(**store, catalog->get());
  if (!loaded.ok()) {
    return Fail(kExitUnavailable, "cannot read what the tenant decided", loaded);
  }
  (*store)->OnCommit([&feed] { feed.Committed(); });
  AccountJobs jobs(**store, **catalog, *SystemClock());

  MethodTable methods;
  AddHandlers({**store, **catalog, *SystemClock(), jobs, feed}, &methods);
  Pipeline pipeline(methods, *SystemClock(), PipelineOptions());
  if (config.demo) {
    if (absl::Status seeded = SeedDemo(pipeline, *SystemClock()); !seeded.ok()) {
      return Fail(kExitSoftware, "cannot seed the demonstration portfolio", seeded);
    }
  }

  GrpcServerOptions grpc_options;
  grpc_options.listen = config.grpc_listen;
  grpc_options.reflection = ServesReflection(config);
  auto server = GrpcServer::Start(grpc_options, pipeline);
  if (!server.ok()) return Fail(kExitUnavailable, "cannot serve gRPC", server.status());
  std::printf("tiermarkd ready grpc=%s\n", (*server)->address().c_str());
  std::fflush(stdout);

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  Log(LogLevel::kInfo, "stopping", {{"signal", signal_number}});
  (*server)->Drain(absl::Seconds(config.drain_seconds));
  jobs.Stop();
  (*store)->Close();
  Log(LogLevel::kInfo, "stopped");
  return EXIT_SUCCESS;
}

int Run(int argc, const char* const* argv) {
  const auto command = ReadCommandLine(argc, argv);
  if (!command.ok()) {
    std::fprintf(stderr, "%s\n", std::string(command.status().message()).c_str());
    return kExitUsage;
  }
  switch (command->action) {
    case CommandLine::Action::kPrint:
      std::fputs(command->text.c_str(), stdout);
      return EXIT_SUCCESS;
    case CommandLine::Action::kCheckConfig:
      std::puts("the configuration is good");
      return EXIT_SUCCESS;
    case CommandLine::Action::kServe:
      SetLogLevel(LogLevelOf(command->config));
      return Serve(command->config);
  }
  return kExitSoftware;
}

}  // namespace
}  // namespace tiermark

int main(int argc, char** argv) {
  // Debian's absl looks for deadlocks at each of gRPC's locks, as is meant for debugging.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return tiermark::Run(argc, argv);
}
