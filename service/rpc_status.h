// A status as callers get it: code, message and google.rpc details.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace tiermark {

// The payload of a status that brings details of any kind along, in a google.rpc.Status: they
// follow those made here, in their order. Nothing else of it counts.
inline constexpr char kMoreDetailsUrl[] = "type.googleapis.com/google.rpc.Status";

// The items of a batch and gRPC's `grpc-status-details-bin` carry it in this form. Where the fields
// at fault would make it longer than `bytes_max`, the last of them are left out; the message says
// how many there are.
google::rpc::Status ToRpcStatus(const absl::Status& status, size_t bytes_max = SIZE_MAX);

}  // namespace tiermark
