// The head of a request as the library that reads HTTP has it.
#pragma once

#include "service/http/message.h"
#include <boost/beast/http/message.hpp>

namespace tiermark {

// The same without the library. Who sent it is not in it.
HttpHead HeadOf(const boost::beast::http::request_header<>& request);

}  // namespace tiermark
