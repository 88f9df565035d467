// tiermarkd: reads its configuration, opens the store, serves, and drains when told to stop.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "service/account_jobs.h"
#include "service/api_keys.h"
#include "service/catalogs.h"
#include "service/config.h"
#include "service/control_server.h"
#include "service/demo.h"
#include "service/descriptors.h"
#include "service/exit_codes.h"
#include "service/feed_hub.h"
#include "service/grpc/server.h"
#include "service/handlers/handlers.h"
#include "service/http/openapi.h"
#include "service/http/server.h"
#include "service/key_command.h"
#include "service/log.h"
#include "service/method_table.h"
#include "service/metrics/call_metrics.h"
#include "service/metrics/page.h"
#include "service/metrics/store_counts.h"
#include "service/metrics/store_metrics.h"
#include "service/pipeline.h"
#include "service/store_commands.h"
#include "service/tls.h"
#include "storage/clock.h"
#include "storage/sqlite/sqlite_store.h"

namespace tiermark {
namespace {

// A key that another server of the same store revoked is refused within this time.
constexpr absl::Duration kKeyUpkeepInterval = absl::Seconds(30);

// How often what the store holds is counted for metrics.
constexpr absl::Duration kCountInterval = absl::Minutes(1);

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

absl::StatusOr<std::unique_ptr<SqliteStore>> OpenStore(const Config& config,
                                                       StoreObserver* observer) {
  SqliteStoreOptions options;
  options.path = *ParseSqliteStore(config.store);
  options.readers = config.store_readers;
  options.cache_bytes = int64_t{config.store_cache_mib} << 20;
  options.observer = observer;
  options.log = [](absl::string_view cause) {
    Log(LogLevel::kWarning, "store", {{"cause", cause}});
  };
  options.on_fatal = [](const absl::Status& status) {
    Log(LogLevel::kError, "the store cannot go on", {{"cause", std::string(status.message())}});
    std::_Exit(kExitSoftware);
  };
  return OpenSqliteStore(options);
}

HttpAnswer JsonPage(absl::string_view json) {
  return {200, {{"content-type", "application/json"}}, std::string(json)};
}

// Beyond loopback, whoever reaches the port may do everything while there is no key.
absl::Status CheckKeysBeyondLoopback(const Config& config, const KeyRing& keys) {
  const bool local =
      IsLoopback(config.grpc_listen) && (!ServesHttp(config) || IsLoopback(config.http_listen));
  if (local || keys.required() || config.allow_insecure_remote) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "it would listen beyond loopback and there is no key: create the first with 'tiermarkd key "
      "create', or say allow-insecure-remote if that is meant");
}

HttpServerOptions HttpOptions(const Config& config, const KeyRing& keys,
                              const MetricsSources& metrics) {
  const Pipeline& pipeline = metrics.pipeline;
  HttpServerOptions options;
  options.listen = config.http_listen;
  options.tls = metrics.tls;
  options.router.cors_origins = config.cors_origins;
  options.router.keys_required = [&keys] { return keys.required(); };
  options.router.on_loopback = IsLoopback(config.http_listen);
  options.router.pages = {
      {"/healthz", [](const HttpHead&) { return PlainAnswer(200, "ok"); }},
      {"/readyz",
       [&pipeline](const HttpHead&) {
         return pipeline.draining() ? PlainAnswer(503, "stopping") : PlainAnswer(200, "ok");
       }},
      {"/openapi.json", [](const HttpHead&) { return JsonPage(OpenApiJson()); }},
      {"/swagger.json", [](const HttpHead&) { return JsonPage(SwaggerJson()); }},
  };
  options.router.local_pages = {
      {"/metrics",
       [metrics](const HttpHead&) {
         return HttpAnswer{200, {{"content-type", kMetricsContentType}}, MetricsText(metrics)};
       }},
  };
  return options;
}

void SayReady(const GrpcServer& grpc, const HttpServer* http) {
  std::printf("tiermarkd ready grpc=%s", grpc.address().c_str());
  if (http != nullptr) std::printf(" http=%s", http->address().c_str());
  std::printf("\n");
  std::fflush(stdout);
}

int Serve(const Config& config) {
  const sigset_t signals = BlockEndingSignals();
  RaiseDescriptorLimit();
  TakeProtobufLog();
  StoreMetrics store_metrics;
  auto store = OpenStore(config, &store_metrics);
  if (!store.ok()) return Fail(kExitUnavailable, "cannot open the store", store.status());
  auto catalogs = Catalogs::Make(Catalog::Shipped(), **store);
  if (!catalogs.ok()) {
    return Fail(kExitSoftware, "the shipped models are faulty", catalogs.status());
  }
  // What any tenant decided is read when it is needed; of the first one, what cannot be read is to
  // be told now.
  if (auto first = (*catalogs)->Of(kDefaultTenant); !first.ok()) {
    return Fail(kExitUnavailable, "cannot read what the tenant decided", first.status());
  }
  auto keys = KeyRing::Load(**store, *SystemClock(), config.require_keys);
  if (!keys.ok()) return Fail(kExitUnavailable, "cannot read the keys", keys.status());
  if (absl::Status safe = CheckKeysBeyondLoopback(config, **keys); !safe.ok()) {
    return Fail(kExitUsage, "cannot serve", safe);
  }
  FeedHub feed;
  (*store)->OnCommit([&feed] { feed.Committed(); });
  AccountJobs jobs(**store, **catalogs, *SystemClock());

  MethodTable methods;
  AddHandlers({**store, **catalogs, *SystemClock(), jobs, feed, **keys}, &methods);
  CallMetrics call_metrics(methods);
  PipelineOptions pipeline_options;
  pipeline_options.observer = &call_metrics;
  pipeline_options.authenticator = keys->get();
  pipeline_options.rate_limits = {config.key_rate, config.tenant_rate};
  Pipeline pipeline(methods, *SystemClock(), pipeline_options);
  if (config.demo) {
    if (absl::Status seeded = SeedDemo(pipeline, *SystemClock()); !seeded.ok()) {
      return Fail(kExitSoftware, "cannot seed the demonstration portfolio", seeded);
    }
  }

  std::unique_ptr<TlsFiles> tls;
  if (!config.tls_certificate.empty()) {
    auto loaded = TlsFiles::Load({config.tls_certificate, config.tls_key, config.tls_client_ca,
                                  config.tls_require_client_certificate});
    if (!loaded.ok()) return Fail(kExitUsage, "cannot use the TLS files", loaded.status());
    tls = *std::move(loaded);
  }
  GrpcServerOptions grpc_options;
  grpc_options.listen = config.grpc_listen;
  grpc_options.reflection = ServesReflection(config);
  grpc_options.tls = tls.get();
  auto grpc_server = GrpcServer::Start(grpc_options, pipeline);
  if (!grpc_server.ok()) return Fail(kExitUnavailable, "cannot serve gRPC", grpc_server.status());
  StoreCounts store_counts(**store, *SystemClock());
  std::unique_ptr<HttpServer> http_server;
  if (ServesHttp(config)) {
    const MetricsSources metrics{call_metrics,  pipeline,     **store,
                                 store_metrics, store_counts, tls.get()};
    auto started =
        HttpServer::Start(HttpOptions(config, **keys, metrics), pipeline, *SystemClock());
    if (!started.ok()) return Fail(kExitUnavailable, "cannot serve HTTP", started.status());
    http_server = *std::move(started);
    store_counts.Start(kCountInterval);
  }
  (*keys)->StartUpkeep(kKeyUpkeepInterval);
  const auto control =
      ControlServer::Start(*ParseSqliteStore(config.store),
                           [&store](const auto& progress) { return (*store)->BackUp(progress); });
  if (!control.ok()) {
    Log(LogLevel::kWarning, "backups can only be made while no server runs",
        {{"cause", std::string(control.status().message())}});
  }
  SayReady(**grpc_server, http_server.get());

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  Log(LogLevel::kInfo, "stopping", {{"signal", signal_number}});
  if (http_server != nullptr) http_server->Drain();
  (*grpc_server)->Drain(absl::Seconds(config.drain_seconds));
  if (control.ok()) (*control)->Stop();
  store_counts.Stop();
  jobs.Stop();
  (*keys)->Stop();
  (*store)->Close();
  Log(LogLevel::kInfo, "stopped");
  return EXIT_SUCCESS;
}

int CreateKeyInStore(const CommandLine& command) {
  auto store = OpenStore(command.config, NoStoreObserver());
  if (!store.ok()) return Fail(kExitUnavailable, "cannot open the store", store.status());
  const auto created = CreateKey(command.key, **store, *SystemClock());
  (*store)->Close();
  if (!created.ok()) return Fail(kExitUnavailable, "cannot create the key", created.status());
  std::fprintf(stderr, "created key %s, %s of tenant %s; its secret is not shown again\n",
               created->api_key_id.c_str(), command.key.role.c_str(), command.key.tenant.c_str());
  std::printf("%s\n", created->secret.c_str());
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
    case CommandLine::Action::kCreateKey:
      return CreateKeyInStore(*command);
    case CommandLine::Action::kCheckStore:
    case CommandLine::Action::kBackUp:
    case CommandLine::Action::kRestore:
    case CommandLine::Action::kMigrate:
      return RunStoreCommand(*command);
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
