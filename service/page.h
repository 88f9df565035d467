// Pages: sizes, and tokens that are bound to their query.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "scoring/error.h"
#include "service/call.h"
#include "tiermark/store/v1/page_token.pb.h"

namespace tiermark {

inline constexpr int kPageSizeDefault = 50;
inline constexpr int kPageSizeMax = 1'000;

// A page is ended early when it grows to so many bytes, well below what clients take.
inline constexpr size_t kPageBytesMax = 2 << 20;

// 0 is the default and what is above the maximum is held to it; adds a violation when negative.
int PageSize(int requested, Violations* violations);

// A hash of the query that a token must be used with: everything in `request` but its fields
// `page_size`, `page_token` and `resume_token`, and the caller's tenant.
uint64_t QueryHash(const CallInfo& info, const google::protobuf::Message& request);

std::string EncodePageToken(const store::v1::PageToken& token);

// Where the page that `request` asks for starts: its page_token (of streams: resume_token), or, on
// the first page, a token that says no more than its query. Adds a violation at that field when it
// is no token, or one of another query.
store::v1::PageToken StartPage(const CallInfo& info, const google::protobuf::Message& request,
                               Violations* violations);

}  // namespace tiermark
