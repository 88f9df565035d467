// The streams of gRPC's callback API, run through the pipeline.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "service/grpc/open_streams.h"
#include "service/pipeline.h"

namespace tiermark {

// Serves one bidirectional stream: each message is a call, and answered before the next is read. So
// answers are in order, and a client that does not take them is not read from.
grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ServeMessages(
    Pipeline& pipeline, OpenStreams& streams, const Method& method,
    grpc::CallbackServerContext* context);

// Serves one server stream. One message is on its way at a time.
grpc::ServerWriteReactor<grpc::ByteBuffer>* ServeStream(Pipeline& pipeline, OpenStreams& streams,
                                                        const Method& method,
                                                        grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request);

}  // namespace tiermark
