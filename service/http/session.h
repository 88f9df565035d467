// One connection to the HTTP front end.
#pragma once

#include <atomic>
#include <memory>
#include <set>

#include "absl/base/thread_annotations.h"
#include "service/http/router.h"
#include "service/http/server.h"
#include "storage/mutex.h"
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

namespace tiermark {

class HttpSession {
 public:
  virtual ~HttpSession() = default;

  // Ends it: at once when nothing happens on it, else when the call under way is answered. May be
  // called from any thread.
  virtual void Drain() = 0;
};

// What the sessions of a server share. Outlives them.
struct HttpSessions {
  HttpSessions(const HttpServerOptions& server_options, const Router& server_router,
               Pipeline& server_pipeline, const Clock& server_clock)
      : options(server_options),
        router(server_router),
        pipeline(server_pipeline),
        clock(server_clock) {}

  const HttpServerOptions& options;
  const Router& router;
  Pipeline& pipeline;
  const Clock& clock;
  std::atomic<bool> draining = false;
  // Calls whose end will be told to a session.
  std::atomic<int> calls = 0;

  Mutex mutex;
  std::set<HttpSession*> open ABSL_GUARDED_BY(mutex);
};

// Serves the connection until it ends; `context` of TLS, null for plaintext. The socket's executor
// is a strand of its own.
void ServeConnection(HttpSessions& sessions, boost::asio::ip::tcp::socket socket,
                     std::shared_ptr<boost::asio::ssl::context> context);

}  // namespace tiermark
