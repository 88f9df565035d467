// The codes of errors, by the names and HTTP statuses that the Connect protocol gives them.
#pragma once

namespace tiermark::openapi {

struct Code {
  const char* name;
  int http_status;
};

inline constexpr Code kCodes[] = {
    {"canceled", 499},
    {"unknown", 500},
    {"invalid_argument", 400},
    {"deadline_exceeded", 504},
    {"not_found", 404},
    {"already_exists", 409},
    {"permission_denied", 403},
    {"resource_exhausted", 429},
    {"failed_precondition", 400},
    {"aborted", 409},
    {"out_of_range", 400},
    {"unimplemented", 501},
    {"internal", 500},
    {"unavailable", 503},
    {"data_loss", 500},
    {"unauthenticated", 401},
};

}  // namespace tiermark::openapi
