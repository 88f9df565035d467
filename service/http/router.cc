#include "service/http/router.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "scoring/error.h"
#include "service/config.h"
#include "service/http/connect.h"

namespace tiermark {
namespace {

constexpr int kBadRequest = 400;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kUnsupportedMediaType = 415;
constexpr int kVersionNotSupported = 505;
constexpr int kNoContent = 204;

// Of which a request has one at most, so that no two readers of it can differ.
constexpr const char* kSingleHeaders[] = {"authorization",
                                          "connect-protocol-version",
                                          "connect-timeout-ms",
                                          "content-encoding",
                                          "content-type",
                                          "host",
                                          "origin"};

constexpr absl::string_view kCallHeaders =
    "authorization, connect-accept-encoding, connect-content-encoding, connect-protocol-version, "
    "connect-timeout-ms, content-encoding, content-type, traceparent, x-request-id";

// "host" of "host:8080"; brackets of IPv6 stay.
absl::string_view WithoutPort(absl::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon == absl::string_view::npos || absl::EndsWith(host, "]")) return host;
  return host.substr(0, colon);
}

bool IsLoopbackHost(absl::string_view host) {
  return IsLoopback(absl::StrCat(absl::AsciiStrToLower(WithoutPort(host)), ":1"));
}

// The media type without its parameters, of which only charset=utf-8 is admitted.
absl::string_view MediaType(absl::string_view content_type) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(content_type, absl::MaxSplits(';', 1));
  const absl::string_view parameter = absl::StripAsciiWhitespace(parts.second);
  if (!parameter.empty() && !absl::EqualsIgnoreCase(parameter, "charset=utf-8") &&
      !absl::EqualsIgnoreCase(parameter, "charset=\"utf-8\"")) {
    return {};
  }
  return absl::StripAsciiWhitespace(parts.first);
}

bool Accepts(absl::string_view list, absl::string_view encoding) {
  for (absl::string_view item : absl::StrSplit(list, ',')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(item, absl::MaxSplits(';', 1));
    if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts.first), encoding)) continue;
    const absl::string_view weight = absl::StripAsciiWhitespace(parts.second);
    return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000";
  }
  return false;
}

bool CameThroughProxy(const HttpHead& head) {
  return head.Count("forwarded") + head.Count("x-forwarded-for") + head.Count("via") > 0;
}

absl::StatusOr<bool> ReadEncoding(absl::string_view encoding) {
  if (encoding.empty() || absl::EqualsIgnoreCase(encoding, "identity")) return false;
  if (absl::EqualsIgnoreCase(encoding, "gzip")) return true;
  return ReasonedError(absl::StatusCode::kUnimplemented, "ENCODING_UNKNOWN",
                       "requests may be compressed by gzip and by nothing else");
}

}  // namespace

size_t RpcRoute::body_bytes_max() const {
  return method->options.request_bytes_max + (stream() ? kEnvelopeBytes : 0);
}

HttpAnswer PlainAnswer(int status, absl::string_view text) {
  return {status, {{"content-type", "text/plain; charset=utf-8"}}, absl::StrCat(text, "\n")};
}

absl::string_view RpcRoute::content_type() const {
  if (stream()) return json ? "application/connect+json" : "application/connect+proto";
  return json ? "application/json" : "application/proto";
}

HttpAnswer Router::Failure(const RpcRoute& route, const absl::Status& failure) const {
  const absl::Status status = pipeline_.ToCaller(failure);
  HttpAnswer answer;
  if (route.stream()) {
    answer.headers.emplace_back("content-type", route.content_type());
    answer.body = Envelope(kEnvelopeEndOfStream, ConnectEndOfStream(status));
    return answer;
  }
  answer.status = HttpStatusOf(status.code());
  if (ReasonOf(status) == "REQUEST_TOO_LARGE") {
    constexpr int kContentTooLarge = 413;
    answer.status = kContentTooLarge;
  }
  answer.headers.emplace_back("content-type", "application/json");
  if (const auto seconds = RetryAfterSeconds(status)) {
    answer.headers.emplace_back("retry-after", absl::StrCat(*seconds));
  }
  if (absl::IsUnauthenticated(status)) answer.headers.emplace_back("www-authenticate", "Bearer");
  answer.body = ConnectError(status);
  return answer;
}

bool Router::MayCallFrom(absl::string_view origin, const HttpHead& head) const {
  const auto& allowed = options_.cors_origins;
  if (std::find(allowed.begin(), allowed.end(), origin) != allowed.end()) return true;
  // The page came from here.
  if (!absl::ConsumePrefix(&origin, "https://") && !absl::ConsumePrefix(&origin, "http://")) {
    return false;
  }
  return absl::EqualsIgnoreCase(origin, head.Header("host"));
}

std::variant<RpcRoute, HttpAnswer> Router::Route(const HttpHead& head) const {
  for (const char* name : kSingleHeaders) {
    if (head.Count(name) > 1) {
      return PlainAnswer(kBadRequest, absl::StrCat("the header ", name, " is there twice"));
    }
  }
  const absl::string_view host = head.Header("host");
  if (head.chunks && host.empty()) return PlainAnswer(kBadRequest, "the header host is missing");
  const absl::string_view origin = head.Header("origin");
  if (!options_.keys_required()) {
    if (options_.on_loopback && !IsLoopbackHost(host)) {
      return PlainAnswer(kForbidden, "without keys only this machine is served, by its own name");
    }
    if (!origin.empty() && !MayCallFrom(origin, head)) {
      return PlainAnswer(kForbidden, "without keys no foreign page may call");
    }
  }
  if (head.method == "OPTIONS" && !origin.empty()) return Preflight(head);
  if (const auto* page = FindPage(head); page != nullptr) {
    if (head.method == "GET" || head.method == "HEAD") return (*page)(head);
    HttpAnswer refused = PlainAnswer(kMethodNotAllowed, "this is read with GET");
    refused.headers.emplace_back("allow", "GET, HEAD");
    return refused;
  }
  return RouteCall(head);
}

const std::function<HttpAnswer(const HttpHead&)>* Router::FindPage(const HttpHead& head) const {
  if (const auto page = options_.pages.find(head.path); page != options_.pages.end()) {
    return &page->second;
  }
  if (!head.from_loopback || CameThroughProxy(head)) return nullptr;
  const auto page = options_.local_pages.find(head.path);
  return page == options_.local_pages.end() ? nullptr : &page->second;
}

std::variant<RpcRoute, HttpAnswer> Router::RouteCall(const HttpHead& head) const {
  RpcRoute route;
  route.method = pipeline_.methods().Find(std::string(absl::StripPrefix(head.path, "/")));
  if (route.method == nullptr) return PlainAnswer(kNotFound, "there is nothing of that name");
  if (head.method != "POST") {
    HttpAnswer refused = PlainAnswer(kMethodNotAllowed, "calls are made with POST");
    refused.headers.emplace_back("allow", "POST");
    return refused;
  }
  const auto* descriptor = route.method->descriptor;
  if (descriptor->client_streaming()) {
    return PlainAnswer(kVersionNotSupported, "streams of requests are served over gRPC only");
  }
  if (route.stream() && !head.chunks) {
    return PlainAnswer(kVersionNotSupported, "streams need HTTP/1.1");
  }
  const std::string prefix = route.stream() ? "application/connect+" : "application/";
  const std::string type = absl::AsciiStrToLower(MediaType(head.Header("content-type")));
  route.json = type == prefix + "json";
  if (!route.json && type != prefix + "proto") {
    HttpAnswer refused = PlainAnswer(
        kUnsupportedMediaType,
        absl::StrCat("content-type must be ", prefix, "json or ", prefix, "proto, in UTF-8"));
    refused.headers.emplace_back("accept-post", absl::StrCat(prefix, "json, ", prefix, "proto"));
    return refused;
  }
  const absl::string_view version = head.Header("connect-protocol-version");
  if (!version.empty() && version != "1") {
    return Failure(route,
                   ReasonedError(absl::StatusCode::kInvalidArgument, "PROTOCOL_VERSION_UNKNOWN",
                                 "connect-protocol-version must be 1"));
  }
  const auto gzip =
      ReadEncoding(head.Header(route.stream() ? "connect-content-encoding" : "content-encoding"));
  if (!gzip.ok()) return Failure(route, gzip.status());
  route.gzip_request = *gzip;
  route.gzip_answer =
      Accepts(head.Header(route.stream() ? "connect-accept-encoding" : "accept-encoding"), "gzip");
  if (const absl::string_view timeout = head.Header("connect-timeout-ms"); !timeout.empty()) {
    const auto duration = ParseConnectTimeout(timeout);
    if (!duration.ok()) return Failure(route, duration.status());
    route.deadline = clock_.Now() + *duration;
  }
  return route;
}

HttpAnswer Router::Preflight(const HttpHead& head) const {
  HttpAnswer answer;
  answer.status = kNoContent;
  if (MayCallFrom(head.Header("origin"), head)) {
    answer.headers = {{"access-control-allow-methods", "POST"},
                      {"access-control-allow-headers", std::string(kCallHeaders)},
                      {"access-control-max-age", "7200"}};
  }
  return answer;
}

void Router::AddCommonHeaders(const HttpHead& head, HttpAnswer* answer) const {
  answer->headers.emplace_back("x-content-type-options", "nosniff");
  answer->headers.emplace_back("cache-control", "no-store");
  for (const char* name : {"x-request-id", "traceparent"}) {
    const std::string value = HeaderToKeep(head.Header(name));
    if (!value.empty()) answer->headers.emplace_back(name, value);
  }
  if (!options_.cors_origins.empty()) answer->headers.emplace_back("vary", "origin");
  const absl::string_view origin = head.Header("origin");
  const auto& allowed = options_.cors_origins;
  if (std::find(allowed.begin(), allowed.end(), origin) == allowed.end()) return;
  answer->headers.emplace_back("access-control-allow-origin", std::string(origin));
  answer->headers.emplace_back("access-control-expose-headers",
                               "retry-after, traceparent, x-request-id");
}

}  // namespace tiermark
