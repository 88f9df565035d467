// gRPC's side of the pipeline: serves whatever the method table has, by descriptor.
#pragma once

#include <grpcpp/impl/service_type.h>

#include <atomic>
#include <memory>
#include <set>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "google/protobuf/descriptor.h"
#include "service/pipeline.h"
#include "storage/mutex.h"

namespace tiermark {

class StreamReactor;

// Streams that are open, so that a draining server can end them. Thread-safe.
class OpenStreams {
 public:
  void Add(StreamReactor* stream);
  void Remove(StreamReactor* stream);

  // Ends every open stream with UNAVAILABLE as soon as its message under way is answered.
  void EndAll();

 private:
  Mutex mutex_;
  std::set<StreamReactor*> streams_ ABSL_GUARDED_BY(mutex_);
};

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
