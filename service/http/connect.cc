#include "service/http/connect.h"

#include <algorithm>
#include <limits>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/error_details.pb.h"
#include "scoring/error.h"
#include "service/rpc_status.h"
#include <nlohmann/json.hpp>

namespace tiermark {
namespace {

using Json = nlohmann::ordered_json;

struct CodeOnTheWire {
  absl::StatusCode code;
  const char* name;
  int http_status;
};

constexpr CodeOnTheWire kCodes[] = {
    {absl::StatusCode::kCancelled, "canceled", 499},
    {absl::StatusCode::kUnknown, "unknown", 500},
    {absl::StatusCode::kInvalidArgument, "invalid_argument", 400},
    {absl::StatusCode::kDeadlineExceeded, "deadline_exceeded", 504},
    {absl::StatusCode::kNotFound, "not_found", 404},
    {absl::StatusCode::kAlreadyExists, "already_exists", 409},
    {absl::StatusCode::kPermissionDenied, "permission_denied", 403},
    {absl::StatusCode::kResourceExhausted, "resource_exhausted", 429},
    {absl::StatusCode::kFailedPrecondition, "failed_precondition", 400},
    {absl::StatusCode::kAborted, "aborted", 409},
    {absl::StatusCode::kOutOfRange, "out_of_range", 400},
    {absl::StatusCode::kUnimplemented, "unimplemented", 501},
    {absl::StatusCode::kInternal, "internal", 500},
    {absl::StatusCode::kUnavailable, "unavailable", 503},
    {absl::StatusCode::kDataLoss, "data_loss", 500},
    {absl::StatusCode::kUnauthenticated, "unauthenticated", 401},
};

const CodeOnTheWire& OnTheWire(absl::StatusCode code) {
  for (const CodeOnTheWire& known : kCodes) {
    if (known.code == code) return known;
  }
  return kCodes[1];
}

// The message in JSON, or null.
Json DebugForm(const google::protobuf::Any& detail) {
  const std::string type = detail.type_url().substr(detail.type_url().rfind('/') + 1);
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (descriptor == nullptr) return nullptr;
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  std::string text;
  if (!message->ParseFromString(detail.value()) ||
      !google::protobuf::util::MessageToJsonString(*message, &text).ok()) {
    return nullptr;
  }
  return Json::parse(text, nullptr, false);
}

Json ErrorAsJson(const absl::Status& status) {
  const google::rpc::Status rpc = ToRpcStatus(status);
  Json error;
  error["code"] = ConnectCode(status.code());
  error["message"] = rpc.message();
  for (const google::protobuf::Any& detail : rpc.details()) {
    Json out;
    out["type"] = detail.type_url().substr(detail.type_url().rfind('/') + 1);
    std::string value = absl::Base64Escape(detail.value());
    while (absl::EndsWith(value, "=")) value.pop_back();
    out["value"] = std::move(value);
    if (Json debug = DebugForm(detail); debug.is_object()) out["debug"] = std::move(debug);
    error["details"].push_back(std::move(out));
  }
  return error;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

absl::string_view ConnectCode(absl::StatusCode code) { return OnTheWire(code).name; }

int HttpStatusOf(absl::StatusCode code) { return OnTheWire(code).http_status; }

std::string ConnectError(const absl::Status& status) { return Dump(ErrorAsJson(status)); }

std::string ConnectEndOfStream(const absl::Status& status, const HttpHeaders& trailers) {
  Json end = Json::object();
  if (!status.ok()) end["error"] = ErrorAsJson(status);
  for (const auto& [name, value] : trailers) end["metadata"][name].push_back(value);
  return Dump(end);
}

absl::StatusOr<absl::Duration> ParseConnectTimeout(absl::string_view text) {
  constexpr size_t kDigitsMax = 10;
  int64_t milliseconds = 0;
  const bool digits =
      !text.empty() && text.size() <= kDigitsMax &&
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
  if (!digits || !absl::SimpleAtoi(text, &milliseconds)) {
    return ReasonedError(absl::StatusCode::kInvalidArgument, "INVALID_TIMEOUT",
                         "connect-timeout-ms must be 1 to 10 digits");
  }
  return absl::Milliseconds(milliseconds);
}

std::string Envelope(uint8_t flags, absl::string_view message) {
  std::string out;
  out.reserve(kEnvelopeBytes + message.size());
  out.push_back(static_cast<char>(flags));
  const auto size = static_cast<uint32_t>(message.size());
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(size >> shift));
  out.append(message.data(), message.size());
  return out;
}

absl::StatusOr<EnvelopedMessage> OpenEnvelope(absl::string_view body) {
  uint32_t size = 0;
  if (body.size() >= kEnvelopeBytes) {
    for (size_t i = 1; i < kEnvelopeBytes; ++i) {
      size = size << 8 | static_cast<unsigned char>(body[i]);
    }
  }
  const bool whole = body.size() >= kEnvelopeBytes && body.size() - kEnvelopeBytes >= size;
  if (body.empty() || (whole && body.size() - kEnvelopeBytes > size)) {
    return ReasonedError(absl::StatusCode::kUnimplemented, "NOT_ONE_MESSAGE",
                         "the RPC takes one message, and no streams of them");
  }
  if (!whole) {
    return ReasonedError(absl::StatusCode::kInvalidArgument, "MALFORMED_ENVELOPE",
                         "the body ends within its message");
  }
  return EnvelopedMessage{static_cast<uint8_t>(body[0]), body.substr(kEnvelopeBytes)};
}

std::optional<int64_t> RetryAfterSeconds(const absl::Status& status) {
  const auto payload = status.GetPayload(kRetryInfoUrl);
  google::rpc::RetryInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) return std::nullopt;
  return std::max<int64_t>(1, info.retry_delay().seconds() + (info.retry_delay().nanos() > 0));
}

}  // namespace tiermark
