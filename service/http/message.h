// HTTP requests and answers as the front end's parts pass them on, without the library that reads
// and writes them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace tiermark {

// Names in lower case, in the order they came in or go out.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// All of a request but its body.
struct HttpHead {
  std::string method;
  // Without the query.
  std::string path;
  // HTTP/1.1, and not 1.0.
  bool chunks = true;
  HttpHeaders headers;
  // Whether the other side's address is of this machine's loopback.
  bool from_loopback = false;
  // Names in the client's certificate, which is verified; empty without one.
  std::vector<std::string> certificate_names;

  // The first header of that name; empty when there is none.
  absl::string_view Header(absl::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
  int Count(absl::string_view name) const {
    int count = 0;
    for (const auto& [key, value] : headers) count += key == name ? 1 : 0;
    return count;
  }
};

struct HttpAnswer {
  int status = 200;
  HttpHeaders headers;
  std::string body;
};

}  // namespace tiermark
