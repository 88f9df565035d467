// Calls of many items that are written beside each other.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "scoring/error.h"
#include "service/call.h"
#include "service/handlers/validation.h"

namespace tiermark {

// 1 to kBatchItemsMax.
inline absl::Status ValidateItemCount(int items, absl::string_view field) {
  Violations violations;
  if (items == 0) violations.Add(field, "has no items");
  if (items > kBatchItemsMax) {
    violations.Add(field, absl::StrCat("has more than ", kBatchItemsMax, " items"));
  }
  return violations.ToStatus();
}

// To be called for each of `items` when it has ended, on any thread; the last call ends the whole
// with OK, after which nothing of the call is there any more.
inline std::function<void()> AfterItems(int items, Done done) {
  struct Progress {
    std::atomic<int> left;
    Done done;
  };
  auto progress = std::make_shared<Progress>();
  progress->left = items;
  progress->done = std::move(done);
  return [progress] {
    if (progress->left.fetch_sub(1) == 1) progress->done(absl::OkStatus());
  };
}

}  // namespace tiermark
