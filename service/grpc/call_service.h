// gRPC's side of the pipeline: serves whatever the method table has, by descriptor.
#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "service/grpc/open_streams.h"
#include "service/pipeline.h"

namespace tiermark {

// The RPCs of one proto service that the method table serves; gRPC answers UNIMPLEMENTED to the
// others. Messages arrive as bytes, so that the pipeline admits a call before its request is parsed
// and text that is not UTF-8 is reported by field. Handlers run on gRPC's threads and must not
// block there. Lives as long as the grpc::Server it is registered with.
class CallService final : public grpc::Service {
 public:
  // `pipeline` and `streams` must outlive it.
  CallService(const google::protobuf::ServiceDescriptor& service, Pipeline& pipeline,
              OpenStreams& streams);

 private:
  // gRPC keeps pointers to the names.
  std::vector<std::unique_ptr<std::string>> names_;
};

}  // namespace tiermark
