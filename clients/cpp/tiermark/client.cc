#include "tiermark/client.h"

#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"

namespace tiermark {
namespace {

// The whole of a file that may be left out.
absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file || text.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  }
  return text;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(const ClientOptions& from) {
  if (!from.tls) return grpc::InsecureChannelCredentials();
  if (from.tls->certificate_file.empty() != from.tls->certificate_key_file.empty()) {
    return absl::InvalidArgumentError("a certificate and its key go together");
  }
  grpc::SslCredentialsOptions options;
  const std::pair<const std::string&, std::string&> files[] = {
      {from.tls->ca_file, options.pem_root_certs},
      {from.tls->certificate_file, options.pem_cert_chain},
      {from.tls->certificate_key_file, options.pem_private_key}};
  for (const auto& [path, text] : files) {
    auto read = ReadFile(path);
    if (!read.ok()) return read.status();
    text = *std::move(read);
  }
  return grpc::SslCredentials(options);
}

// Whether a call that ended so may be made again. A claim that was lost on its way back would claim
// others, and nobody would know of the first.
bool MayBeRepeated(const google::protobuf::Message& request, const absl::Status& error) {
  if (request.GetDescriptor()->name() != "ClaimReevaluationsRequest") return true;
  const std::string reason = DetailsOf(error).reason;
  return !reason.empty() && reason != "COMMIT_UNKNOWN";
}

}  // namespace

bool IsOnThisMachine(absl::string_view target) {
  if (absl::StartsWith(target, "unix:")) return true;
  std::string host(target.substr(0, target.rfind(':')));
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]"))
    host = host.substr(1, host.size() - 2);
  // A name such as 127.example.com may be anybody's.
  in_addr address = {};
  const bool loopback =
      inet_pton(AF_INET, host.c_str(), &address) == 1 && host.rfind("127.", 0) == 0;
  return host == "localhost" || host == "::1" || loopback;
}

absl::StatusOr<Client> Client::Create(ClientOptions options) {
  if (!options.tls && !options.plaintext && !IsOnThisMachine(options.target)) options.tls.emplace();
  auto credentials = CredentialsOf(options);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // Clients of one process would otherwise share connections, also those of other certificates.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (options.tls && !options.tls->server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls->server_name);
  }
  auto channel = grpc::CreateCustomChannel(options.target, *credentials, arguments);
  return Client(std::move(options), std::move(channel));
}

void Client::Prepare(grpc::ClientContext* context) const {
  if (options_.api_key.empty()) return;
  context->AddMetadata("authorization", absl::StrCat("Bearer ", options_.api_key));
}

absl::Status Client::CallError(const grpc::Status& from) {
  absl::Status status(static_cast<absl::StatusCode>(from.error_code()), from.error_message());
  google::rpc::Status details;
  details.ParseFromString(from.error_details());
  for (const auto& any : details.details())
    status.SetPayload(any.type_url(), absl::Cord(any.value()));
  return status;
}

void Client::FillRequestIds(google::protobuf::Message* request) {
  const auto& fields = *request->GetDescriptor();
  const auto* reflection = request->GetReflection();
  // The items of a batch carry their own.
  if (const auto* items = fields.FindFieldByName("requests")) {
    for (int i = 0; i < reflection->FieldSize(*request, items); ++i) {
      FillRequestIds(reflection->MutableRepeatedMessage(request, items, i));
    }
  }
  const auto* id = fields.FindFieldByName("request_id");
  if (id == nullptr || !reflection->GetString(*request, id).empty()) return;
  std::random_device random;
  reflection->SetString(request, id,
                        absl::StrCat(absl::Hex(random()), absl::Hex(random()), absl::Hex(random()),
                                     absl::Hex(random())));
}

absl::Status Client::Repeat(const google::protobuf::Message& request,
                            const std::function<grpc::Status(grpc::ClientContext*)>& call) const {
  const auto end = std::chrono::system_clock::now() + options_.deadline;
  absl::Status before;
  for (int attempt = 1;; ++attempt) {
    grpc::ClientContext context;
    context.set_deadline(end);
    Prepare(&context);
    absl::Status status = CallError(call(&context));
    // Why there was no answer says more than that it did not come in time.
    if (absl::IsDeadlineExceeded(status) && absl::IsUnavailable(before)) return before;
    const auto pause = PauseAfter(status, attempt);
    if (status.ok() || !pause || !MayBeRepeated(request, status) ||
        attempt >= options_.attempts_max || std::chrono::system_clock::now() + *pause >= end) {
      return status;
    }
    before = std::move(status);
    std::this_thread::sleep_for(*pause);
    // A channel connects again only while somebody watches it.
    channel_->WaitForConnected(std::min(end, std::chrono::system_clock::now() + *pause));
  }
}

}  // namespace tiermark
