// What is to be done with a request, told from its head alone: nothing is read, decompressed or
// parsed of what is refused here.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "service/http/message.h"
#include "service/pipeline.h"

namespace tiermark {

struct RouterOptions {
  // Origins that may call from web pages, as browsers send them.
  std::vector<std::string> cors_origins;
  // Whether callers need a key. While they do not, a request whose Host is not this machine's
  // loopback, or that a foreign page sends, is refused: a page that a person looks at could
  // otherwise read and write everything.
  std::function<bool()> keys_required = [] { return true; };
  // Listens on loopback, where a keyless server looks at Host.
  bool on_loopback = true;
  // What is served with GET, by path.
  std::map<std::string, std::function<HttpAnswer(const HttpHead&)>> pages;
  // The same for this machine alone: to others, and to whoever comes through a proxy that says so,
  // there is nothing of that name.
  std::map<std::string, std::function<HttpAnswer(const HttpHead&)>> local_pages;
};

// A call as its head has it.
struct RpcRoute {
  const Method* method = nullptr;
  // The messages are JSON, and not protobuf's binary form.
  bool json = true;
  bool gzip_request = false;
  bool gzip_answer = false;
  absl::Time deadline = absl::InfiniteFuture();

  bool stream() const { return method->open != nullptr; }
  // Of the answer's messages.
  absl::string_view content_type() const;
  // Of the body as it is sent, with its envelope.
  size_t body_bytes_max() const;
};

// Thread-safe.
class Router {
 public:
  // `pipeline` must outlive it.
  Router(RouterOptions options, const Pipeline& pipeline, const Clock& clock)
      : options_(std::move(options)), pipeline_(pipeline), clock_(clock) {}

  // The call that a head asks for, or what it is answered with.
  std::variant<RpcRoute, HttpAnswer> Route(const HttpHead& head) const;

  // The answer to a call that failed: of a server stream, which has not begun, its end. Adds
  // nothing that depends on the request's origin.
  HttpAnswer Failure(const RpcRoute& route, const absl::Status& status) const;

  // Headers of every answer: those that make browsers careful, those that are handed back, and
  // what CORS asks for.
  void AddCommonHeaders(const HttpHead& head, HttpAnswer* answer) const;

 private:
  HttpAnswer Preflight(const HttpHead& head) const;
  // Null when there is none at that path for whoever asks.
  const std::function<HttpAnswer(const HttpHead&)>* FindPage(const HttpHead& head) const;
  bool MayCallFrom(absl::string_view origin, const HttpHead& head) const;
  std::variant<RpcRoute, HttpAnswer> RouteCall(const HttpHead& head) const;

  const RouterOptions options_;
  const Pipeline& pipeline_;
  const Clock& clock_;
};

// An answer without an RPC behind it: text, and why.
HttpAnswer PlainAnswer(int status, absl::string_view text);

}  // namespace tiermark
