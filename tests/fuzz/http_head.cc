// Heads of HTTP requests, as the server reads and routes them: an answer's headers cannot break its
// head, a call that is found is one to make, and a server without keys serves its own machine
// alone.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/http/head.h"
#include "service/http/limits.h"
#include "service/http/router.h"
#include "tests/fuzz/fuzz.h"
#include "tiermark/v1/account_service.pb.h"
#include "tiermark/v1/scoring_service.pb.h"
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace tiermark {
namespace {

namespace http = boost::beast::http;

constexpr char kOrigin[] = "https://crm.example";

// An RPC of each kind.
MethodTable* Methods() {
  auto* methods = new MethodTable;
  methods->AddBlocking<v1::EvaluateAccountRequest, v1::EvaluateAccountResponse>(
      "tiermark.v1.ScoringService", "EvaluateAccount", {},
      [](const auto&, const auto&, auto*) { return absl::OkStatus(); });
  methods->AddBlocking<v1::ImportAccountsRequest, v1::ImportAccountsResponse>(
      "tiermark.v1.AccountService", "ImportAccounts", {},
      [](const auto&, const auto&, auto*) { return absl::OkStatus(); });
  methods->AddStream<v1::ExportAccountsRequest, v1::ExportAccountsResponse>(
      "tiermark.v1.AccountService", "ExportAccounts", {},
      [](const auto&, const auto&) { return absl::CancelledError(); });
  return methods;
}

Router* RouterFor(const Pipeline& pipeline, bool keys_required) {
  RouterOptions options;
  options.cors_origins = {kOrigin};
  options.keys_required = [keys_required] { return keys_required; };
  options.pages["/healthz"] = [](const HttpHead&) { return PlainAnswer(200, "ok"); };
  options.local_pages["/metrics"] = [](const HttpHead&) { return PlainAnswer(200, "local"); };
  return new Router(options, pipeline, ClockOfFuzzers());
}

bool IsOfThisMachine(absl::string_view host) {
  const std::string name = absl::AsciiStrToLower(host);
  return absl::StartsWith(name, "localhost") || absl::StartsWith(name, "127.") ||
         absl::StartsWith(name, "[::1]");
}

void CheckAnswer(const HttpHead& head, const HttpAnswer& answer) {
  MUST(answer.status >= 200 && answer.status < 600);
  for (const auto& [name, value] : answer.headers) {
    for (const char c : absl::StrCat(name, value)) MUST(c >= 0x20 && c <= 0x7e);
  }
  if (answer.body == "local\n") {
    MUST(head.from_loopback && head.Count("forwarded") == 0 && head.Count("via") == 0);
  }
}

void CheckRoute(const HttpHead& head, const RpcRoute& route, bool keys_required) {
  MUST(head.method == "POST" && head.path == "/" + route.method->name);
  MUST(head.Count("host") <= 1 && head.Count("authorization") <= 1);
  MUST(route.stream() == absl::StrContains(head.Header("content-type"), "onnect+") ||
       absl::StrContains(absl::AsciiStrToLower(head.Header("content-type")), "onnect+"));
  MUST(route.deadline >= ClockOfFuzzers().Now());
  if (keys_required) return;
  MUST(IsOfThisMachine(head.Header("host")));
  const absl::string_view origin = head.Header("origin");
  MUST(origin.empty() || origin == kOrigin ||
       absl::EndsWithIgnoreCase(origin, head.Header("host")));
}

void Feed(absl::string_view input) {
  static const MethodTable& methods = *Methods();
  static const auto& pipeline = *new Pipeline(methods, ClockOfFuzzers(), {});
  static const Router* const kRouters[] = {RouterFor(pipeline, false), RouterFor(pipeline, true)};
  const bool from_loopback = TakeChoice(2, &input) == 0;
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kHeaderBytesMax);
  boost::beast::error_code error;
  parser.put(boost::asio::buffer(input.data(), input.size()), error);
  if (!parser.is_header_done()) return;
  HttpHead head = HeadOf(parser.get());
  head.from_loopback = from_loopback;
  for (const auto& [name, value] : head.headers) MUST(name == absl::AsciiStrToLower(name));
  for (const bool keys_required : {false, true}) {
    auto routed = kRouters[keys_required]->Route(head);
    HttpAnswer answer;
    if (const auto* route = std::get_if<RpcRoute>(&routed)) {
      CheckRoute(head, *route, keys_required);
    } else {
      answer = std::get<HttpAnswer>(std::move(routed));
    }
    kRouters[keys_required]->AddCommonHeaders(head, &answer);
    CheckAnswer(head, answer);
  }
}

std::vector<std::string> Seeds() {
  const std::string host = " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n";
  const std::string json = "Content-Type: application/json\r\n";
  const std::string evaluate = "0POST /tiermark.v1.ScoringService/EvaluateAccount";
  const std::string stream = "0POST /tiermark.v1.AccountService/ExportAccounts";
  return {evaluate + host + json + "Connect-Timeout-Ms: 10\r\nX-Request-Id: a\r\nVia: 1\r\n\r\n",
          evaluate + "?a=b" + host + json +
              "Content-Encoding: gzip\r\nAccept-Encoding: gzip;q=0\r\n\r\n",
          stream + host + "Content-Type: application/connect+proto; charset=utf-8\r\n" +
              "Connect-Content-Encoding: gzip\r\nOrigin: http://127.0.0.1:8080\r\n\r\n",
          "0OPTIONS /x" + host + "Origin: https://crm.example\r\n\r\n",
          "0GET /metrics" + host + "Forwarded: for=1\r\n\r\n",
          std::string("1GET http://h/healthz HTTP/1.0\r\nHost: [::1]\r\n") +
              "Authorization: Bearer a\r\n folded\r\n\r\n"};
}

std::vector<std::string> Words() {
  return {"authorization: ",
          "connect-protocol-version: 1",
          "content-encoding: identity",
          "origin: ",
          "host: localhost",
          "application/connect+json",
          "transfer-encoding: chunked",
          "/healthz",
          "x-forwarded-for: ",
          "traceparent: ",
          "\\x0d\\x0a",
          "content-length: 1"};
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 512, Seeds, Words};

}  // namespace tiermark
