#include "service/grpc/server.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "grpc/health/v1/health.pb.h"
#include "scoring/error.h"
#include "service/acceptor.h"
#include "service/grpc/call_service.h"
#include "service/grpc/credentials.h"
#include "service/log.h"

namespace tiermark {
namespace {

constexpr int kReceiveBytesMax = 4 << 20;
constexpr int kMetadataBytesMax = 8 << 10;
constexpr int kFrameBytes = 16 << 10;
constexpr int kPingIntervalMinMs = 30'000;
constexpr int kHandshakeMsMax = 5'000;
constexpr int kStreamsPerConnectionMax = 1'000;
constexpr size_t kQuotaBytes = 256 << 20;

constexpr absl::Duration kFarewell = absl::Milliseconds(100);
constexpr absl::Duration kFlush = absl::Milliseconds(500);

// Linking gRPC's reflection turns it on for every server of the process; this keeps it out of one.
class NoReflection final : public grpc::ServerBuilderOption {
 public:
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->erase(std::remove_if(plugins->begin(), plugins->end(),
                                  [](const auto& plugin) {
                                    return plugin->name() == "proto_server_reflection";
                                  }),
                   plugins->end());
  }
};

// What gRPC would write to standard error in a form of its own.
void LogForGrpc(gpr_log_func_args* args) {
  Log(args->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kWarning : LogLevel::kDebug, "grpc",
      {{"cause", args->message}});
}

}  // namespace

struct GrpcServer::Parts {
  Pipeline* pipeline = nullptr;
  OpenStreams streams;
  std::vector<std::unique_ptr<CallService>> services;
  std::string address;
  std::shared_ptr<grpc::ServerCredentials> credentials;
  // What serves the connections that are taken.
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> connections;
  // Shut down before what it serves goes.
  std::unique_ptr<grpc::Server> server;
  // Last, so that it hands over no connection any more when the server goes.
  std::unique_ptr<Acceptor> acceptor;
};

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcServerOptions& options,
                                                              Pipeline& pipeline) {
  static const bool once = [] {
    grpc::EnableDefaultHealthCheckService(true);
    gpr_set_log_function(LogForGrpc);
    return true;
  }();
  (void)once;
  if (options.reflection) grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // gRPC serves health without its descriptor; this links it, for reflection to find.
  grpc::health::v1::HealthCheckRequest::descriptor();

  auto acceptor = Acceptor::Listen({options.listen, options.connections_max});
  if (!acceptor.ok()) return acceptor.status();
  auto parts = std::make_unique<Parts>();
  parts->pipeline = &pipeline;
  parts->acceptor = *std::move(acceptor);
  parts->credentials = options.tls == nullptr ? grpc::InsecureServerCredentials()
                                              : MakeServerCredentials(*options.tls);
  grpc::ServerBuilder builder;
  parts->connections = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, parts->credentials);
  std::set<const google::protobuf::ServiceDescriptor*> served;
  for (const auto& [name, method] : pipeline.methods().methods()) {
    served.insert(method.descriptor->service());
  }
  for (const google::protobuf::ServiceDescriptor* service : served) {
    parts->services.push_back(std::make_unique<CallService>(*service, pipeline, parts->streams));
    builder.RegisterService(parts->services.back().get());
  }
  if (!options.reflection) builder.SetOption(std::make_unique<NoReflection>());
  builder.SetMaxReceiveMessageSize(kReceiveBytesMax);
  builder.SetResourceQuota(grpc::ResourceQuota("tiermark").Resize(kQuotaBytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kFrameBytes);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kPingIntervalMinMs);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMsMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsPerConnectionMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                             static_cast<int>(absl::ToInt64Milliseconds(options.idle_max)));

  parts->server = builder.BuildAndStart();
  if (parts->server == nullptr) return absl::UnavailableError("gRPC cannot start");
  parts->address = parts->acceptor->address();
  parts->acceptor->Start([connections = parts->connections.get()](int listener, int connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.listener_fd = listener;
    parameters.fd = connection;
    connections->HandleNewConnection(&parameters);
  });
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(parts)));
}

GrpcServer::GrpcServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

GrpcServer::~GrpcServer() = default;

const std::string& GrpcServer::address() const { return parts_->address; }

void GrpcServer::Drain(absl::Duration patience) {
  if (auto* health = parts_->server->GetHealthCheckService()) health->Shutdown();
  parts_->pipeline->Drain();
  parts_->streams.EndAll();
  parts_->pipeline->AwaitIdle(patience);
  // Calls that are on their way get the pipeline's UNAVAILABLE rather than a connection cut under
  // them; then what is left are answers being sent, and connections on which nothing happens.
  absl::SleepFor(kFarewell);
  parts_->acceptor->Stop();
  parts_->server->Shutdown(absl::ToChronoTime(absl::Now() + kFlush));
}

}  // namespace tiermark
