// One connection to the HTTP front end.
#pragma once

#include <atomic>
#include <memory>

#include "service/http/roster.h"
#include "service/http/router.h"
#include "service/http/server.h"
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

namespace tiermark {

// What the sessions of a server share. Outlives them.
struct HttpSessions {
  HttpSessions(const HttpServerOptions& server_options, const Router& server_router,
               Pipeline& server_pipeline, const Clock& server_clock)
      : options(server_options),
        router(server_router),
        pipeline(server_pipeline),
        clock(server_clock),
        roster(server_options.connections_max) {}

  const HttpServerOptions& options;
  const Router& router;
  Pipeline& pipeline;
  const Clock& clock;
  std::atomic<bool> draining = false;
  // Calls whose end will be told to a session, by another thread: until then the strands must live.
  std::atomic<int> calls = 0;
  Roster roster;
};

// Serves the connection until it ends; `context` of TLS, null for plaintext. The socket's executor
// is a strand of its own.
void ServeConnection(HttpSessions& sessions, boost::asio::ip::tcp::socket socket,
                     std::shared_ptr<boost::asio::ssl::context> context);

}  // namespace tiermark
