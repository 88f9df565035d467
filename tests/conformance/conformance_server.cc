// The server under test: reads from standard input how it is to serve, says on standard output
// where it does, and serves until it is told to stop. Messages there follow their length, which has
// four bytes.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "connectrpc/conformance/v1/server_compat.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "service/http/server.h"
#include "service/log.h"
#include "service/method_table.h"
#include "service/pipeline.h"
#include "service/tls.h"
#include "storage/clock.h"
#include "tests/conformance/conformance_service.h"
#include "tests/support/temporary_directory.h"

namespace tiermark {
namespace {

namespace suite = connectrpc::conformance::v1;

constexpr size_t kLengthBytes = 4;
constexpr size_t kRequestBytesMax = 4 << 20;
// Handlers sleep on workers, and the suite makes many calls at once.
constexpr int kWorkers = 64;

suite::ServerCompatRequest ReadRequest() {
  uint32_t size = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    size = size << 8 | static_cast<uint8_t>(std::cin.get());
  }
  std::string bytes(size, '\0');
  std::cin.read(bytes.data(), size);
  suite::ServerCompatRequest request;
  GOOGLE_CHECK(std::cin.good() && request.ParseFromString(bytes)) << "no request to serve";
  return request;
}

void WriteResponse(const suite::ServerCompatResponse& response) {
  const std::string bytes = response.SerializeAsString();
  for (const int shift : {24, 16, 8, 0}) std::cout.put(static_cast<char>(bytes.size() >> shift));
  std::cout << bytes << std::flush;
}

std::string WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path) << bytes;
  return path;
}

std::unique_ptr<TlsFiles> LoadTls(const suite::ServerCompatRequest& request,
                                  const TemporaryDirectory& directory) {
  TlsOptions options;
  options.certificate_file = WriteFile(directory.File("cert.pem"), request.server_creds().cert());
  options.key_file = WriteFile(directory.File("key.pem"), request.server_creds().key());
  auto files = TlsFiles::Load(options);
  GOOGLE_CHECK(files.ok()) << files.status().ToString();
  return *std::move(files);
}

void AwaitEnd() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int taken = 0;
  sigwait(&signals, &taken);
}

void Serve() {
  const suite::ServerCompatRequest request = ReadRequest();
  MethodTable methods;
  AddConformanceHandlers(
      request.message_receive_limit() > 0 ? request.message_receive_limit() : kRequestBytesMax,
      &methods);
  PipelineOptions pipeline_options;
  pipeline_options.workers = kWorkers;
  pipeline_options.for_caller = WithoutOwnDetails;
  Pipeline pipeline(methods, *SystemClock(), pipeline_options);

  const TemporaryDirectory directory;
  std::unique_ptr<TlsFiles> tls;
  if (request.use_tls()) tls = LoadTls(request, directory);
  HttpServerOptions options;
  options.listen = "127.0.0.1:0";
  options.tls = tls.get();
  auto server = HttpServer::Start(options, pipeline, *SystemClock());
  GOOGLE_CHECK(server.ok()) << server.status().ToString();

  const std::string& address = (*server)->address();
  uint32_t port = 0;
  GOOGLE_CHECK(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
  suite::ServerCompatResponse response;
  response.set_host("127.0.0.1");
  response.set_port(port);
  if (request.use_tls()) response.set_pem_cert(request.server_creds().cert());
  WriteResponse(response);
  AwaitEnd();
  pipeline.Drain();
  (*server)->Drain();
}

}  // namespace
}  // namespace tiermark

int main() {
  // Taken by AwaitEnd, and by no thread that starts later.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  tiermark::SetLogLevel(tiermark::LogLevel::kError);
  tiermark::Serve();
  return 0;
}
