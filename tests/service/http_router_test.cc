// What is told from a request's head alone.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "service/http/router.h"
#include "tests/service/support.h"

namespace tiermark {
namespace {

constexpr char kEvaluate[] = "/tiermark.v1.ScoringService/EvaluateAccount";
constexpr char kExport[] = "/tiermark.v1.AccountService/ExportAccounts";

class RouterTest : public testing::Test {
 protected:
  static HttpHead Head(const std::string& path = kEvaluate) {
    HttpHead head;
    head.method = "POST";
    head.path = path;
    head.headers = {{"host", "127.0.0.1:8080"}, {"content-type", "application/json"}};
    return head;
  }

  static HttpHead With(const std::string& name, const std::string& value,
                       const std::string& path = kEvaluate) {
    HttpHead head = Head(path);
    std::erase_if(head.headers, [&name](const auto& header) { return header.first == name; });
    head.headers.emplace_back(name, value);
    return head;
  }

  Router MakeRouter() { return Router(options_, service_.pipeline(), service_.clock()); }

  // The status of what is answered at once; 0 for a call.
  int StatusOf(const HttpHead& head) {
    const auto routed = MakeRouter().Route(head);
    const auto* answer = std::get_if<HttpAnswer>(&routed);
    return answer == nullptr ? 0 : answer->status;
  }

  static std::string HeaderOf(const HttpAnswer& answer, const std::string& name) {
    for (const auto& [key, value] : answer.headers) {
      if (key == name) return value;
    }
    return "";
  }

  // A header of the answer to a request of this head, with those that all answers have.
  std::string AnsweredHeader(const HttpHead& head, const std::string& name) {
    const Router router = MakeRouter();
    auto routed = router.Route(head);
    HttpAnswer answer;
    if (auto* given = std::get_if<HttpAnswer>(&routed)) answer = *given;
    router.AddCommonHeaders(head, &answer);
    return HeaderOf(answer, name);
  }

  TestService service_;
  RouterOptions options_;
};

TEST_F(RouterTest, ACallIsFoundByItsPath) {
  const auto routed = MakeRouter().Route(Head());
  const auto* route = std::get_if<RpcRoute>(&routed);
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->method->name, "tiermark.v1.ScoringService/EvaluateAccount");
  EXPECT_TRUE(route->json);
  EXPECT_FALSE(route->gzip_request);
  EXPECT_EQ(StatusOf(Head("/tiermark.v1.ScoringService/Unheard")), 404);
  EXPECT_EQ(StatusOf(Head("/")), 404);
  EXPECT_EQ(StatusOf(Head("//tiermark.v1.ScoringService/EvaluateAccount")), 404);
  EXPECT_EQ(StatusOf(Head("/tiermark.v1.ScoringService/evaluateaccount")), 404);
}

TEST_F(RouterTest, OnlyPostMakesCalls) {
  for (const char* method : {"GET", "PUT", "DELETE", "HEAD", "TRACE", "OPTIONS", "post"}) {
    HttpHead head = Head();
    head.method = method;
    EXPECT_EQ(StatusOf(head), 405) << method;
    EXPECT_EQ(AnsweredHeader(head, "allow"), "POST");
  }
}

TEST_F(RouterTest, TheContentTypeMustBeExact) {
  for (const char* good : {"application/json", "application/json; charset=utf-8",
                           "Application/JSON;charset=\"UTF-8\"", "application/proto"}) {
    EXPECT_EQ(StatusOf(With("content-type", good)), 0) << good;
  }
  for (const char* bad :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/json; charset=latin1", "application/jsonp", "application/connect+json",
        "application/grpc", "text/plain, application/json"}) {
    EXPECT_EQ(StatusOf(With("content-type", bad)), 415) << bad;
    EXPECT_EQ(AnsweredHeader(With("content-type", bad), "accept-post"),
              "application/json, application/proto");
  }
  EXPECT_EQ(StatusOf(With("content-type", "application/connect+json", kExport)), 0);
  EXPECT_EQ(StatusOf(With("content-type", "application/connect+proto", kExport)), 0);
  EXPECT_EQ(StatusOf(With("content-type", "application/json", kExport)), 415);
}

TEST_F(RouterTest, StreamsOfRequestsAreForGrpc) {
  EXPECT_EQ(StatusOf(Head("/tiermark.v1.AccountService/ImportAccounts")), 505);
  HttpHead old = With("content-type", "application/connect+json", kExport);
  old.chunks = false;
  EXPECT_EQ(StatusOf(old), 505);
}

TEST_F(RouterTest, TheProtocolsHeadersAreChecked) {
  EXPECT_EQ(StatusOf(With("connect-protocol-version", "1")), 0);
  EXPECT_EQ(StatusOf(With("connect-protocol-version", "2")), 400);
  EXPECT_EQ(StatusOf(With("connect-timeout-ms", "1000")), 0);
  EXPECT_EQ(StatusOf(With("connect-timeout-ms", "soon")), 400);
  EXPECT_EQ(StatusOf(With("content-encoding", "gzip")), 0);
  EXPECT_EQ(StatusOf(With("content-encoding", "identity")), 0);
  EXPECT_EQ(StatusOf(With("content-encoding", "br")), 501);
  for (const char* name : {"authorization", "content-type", "host", "origin", "content-encoding",
                           "connect-timeout-ms"}) {
    HttpHead twice = With(name, "x");
    twice.headers.emplace_back(name, "x");
    EXPECT_EQ(StatusOf(twice), 400) << name;
  }
}

TEST_F(RouterTest, AnAnswerIsZippedForThoseWhoTakeIt) {
  const auto zipped = [this](const std::string& accept) {
    const auto routed = MakeRouter().Route(With("accept-encoding", accept));
    return std::get<RpcRoute>(routed).gzip_answer;
  };
  for (const char* yes : {"gzip", "br, gzip", "GZIP;q=0.5", "deflate,gzip ;q=1"}) {
    EXPECT_TRUE(zipped(yes)) << yes;
  }
  for (const char* no : {"", "identity", "br", "gzip;q=0", "gzipped", "xgzip"}) {
    EXPECT_FALSE(zipped(no)) << no;
  }
}

TEST_F(RouterTest, AKeylessServer_LooksAtHost) {
  options_.keys_required = [] { return false; };
  for (const char* mine : {"127.0.0.1:8080", "localhost", "localhost:8080", "LocalHost:1",
                           "[::1]:8080", "[::1]", "127.9.9.9"}) {
    EXPECT_EQ(StatusOf(With("host", mine)), 0) << mine;
  }
  for (const char* foreign :
       {"evil.example", "127.0.0.1.evil.example:8080", "localhost.evil.example", "192.0.2.7",
        "[2001:db8::1]:8080", "0.0.0.0:8080", "evil@127.0.0.1"}) {
    EXPECT_EQ(StatusOf(With("host", foreign)), 403) << foreign;
  }
  HttpHead none = Head();
  none.headers = {{"content-type", "application/json"}};
  EXPECT_EQ(StatusOf(none), 400);
  none.chunks = false;
  EXPECT_EQ(StatusOf(none), 403);
  // A server that is meant to be reached from elsewhere has names that it does not know.
  options_.on_loopback = false;
  EXPECT_EQ(StatusOf(With("host", "tiermark.example")), 0);
}

TEST_F(RouterTest, AKeylessServer_IsNotCalledByForeignPages) {
  options_.keys_required = [] { return false; };
  EXPECT_EQ(StatusOf(With("origin", "http://127.0.0.1:8080")), 0);
  for (const char* foreign : {"https://evil.example", "null", "http://127.0.0.1:9999",
                              "http://localhost:8080", "file://", "127.0.0.1:8080"}) {
    EXPECT_EQ(StatusOf(With("origin", foreign)), 403) << foreign;
  }
  options_.cors_origins = {"https://crm.example"};
  EXPECT_EQ(StatusOf(With("origin", "https://crm.example")), 0);
  EXPECT_EQ(StatusOf(With("origin", "https://crm.example.evil.example")), 403);
  EXPECT_EQ(StatusOf(With("origin", "http://crm.example")), 403);
}

TEST_F(RouterTest, Cors_IsByExactListAndOffWithout) {
  HttpHead preflight = With("origin", "https://crm.example");
  preflight.method = "OPTIONS";
  EXPECT_EQ(StatusOf(preflight), 204);
  EXPECT_EQ(AnsweredHeader(preflight, "access-control-allow-origin"), "");
  EXPECT_EQ(AnsweredHeader(preflight, "access-control-allow-methods"), "");
  options_.cors_origins = {"https://crm.example"};
  EXPECT_EQ(AnsweredHeader(preflight, "access-control-allow-origin"), "https://crm.example");
  EXPECT_EQ(AnsweredHeader(preflight, "access-control-allow-methods"), "POST");
  EXPECT_THAT(AnsweredHeader(preflight, "access-control-allow-headers"),
              testing::HasSubstr("authorization"));
  EXPECT_EQ(AnsweredHeader(preflight, "vary"), "origin");
  EXPECT_EQ(AnsweredHeader(With("origin", "https://crm.example"), "access-control-allow-origin"),
            "https://crm.example");
  EXPECT_EQ(AnsweredHeader(With("origin", "https://evil.example"), "access-control-allow-origin"),
            "");
  EXPECT_EQ(AnsweredHeader(Head(), "access-control-allow-origin"), "");
}

TEST_F(RouterTest, WhatBrowsersMustKnow_IsInEveryAnswer) {
  for (const HttpHead& head : {Head(), Head("/nothing"), With("content-type", "text/html")}) {
    EXPECT_EQ(AnsweredHeader(head, "x-content-type-options"), "nosniff");
    EXPECT_EQ(AnsweredHeader(head, "cache-control"), "no-store");
  }
}

TEST_F(RouterTest, RequestIdsAreHandedBack_ButNothingThatBreaksTheAnswer) {
  EXPECT_EQ(AnsweredHeader(With("x-request-id", "abc-1"), "x-request-id"), "abc-1");
  EXPECT_EQ(AnsweredHeader(With("x-request-id", "a\r\nset-cookie: x"), "x-request-id"), "");
  EXPECT_EQ(AnsweredHeader(With("x-request-id", std::string(129, 'x')), "x-request-id"), "");
}

TEST_F(RouterTest, PagesAreReadWithGet) {
  options_.pages["/healthz"] = [](const HttpHead&) { return PlainAnswer(200, "ok"); };
  HttpHead head = Head("/healthz");
  EXPECT_EQ(StatusOf(head), 405);
  for (const char* method : {"GET", "HEAD"}) {
    head.method = method;
    EXPECT_EQ(StatusOf(head), 200);
  }
}

TEST_F(RouterTest, FailuresHaveTheStatusOfTheirCode) {
  const Router router = MakeRouter();
  const auto routed = router.Route(Head());
  const RpcRoute& route = std::get<RpcRoute>(routed);
  EXPECT_EQ(router.Failure(route, ReasonedError(absl::StatusCode::kNotFound, "X", "")).status, 404);
  const HttpAnswer overload = router.Failure(route, OverloadError("X", "x", absl::Seconds(2)));
  EXPECT_EQ(overload.status, 429);
  EXPECT_EQ(HeaderOf(overload, "retry-after"), "2");
  const HttpAnswer unknown =
      router.Failure(route, ReasonedError(absl::StatusCode::kUnauthenticated, "X", ""));
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(HeaderOf(unknown, "www-authenticate"), "Bearer");
  const absl::Status large =
      ReasonedError(absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE", "");
  EXPECT_EQ(router.Failure(route, large).status, 413);
}

}  // namespace
}  // namespace tiermark
