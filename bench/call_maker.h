// The calls that the load generator makes, one kind a run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace tiermark::bench {

// Makes the requests of one slot of the load. Each slot has its own; not thread-safe.
class CallMaker {
 public:
  struct Options {
    // "evaluate": stores an evaluation of facts that are as they were preloaded; "move": of facts
    // that move the score; "validate": as "evaluate" and stores nothing; "account": GetAccount;
    // "playbook": GetSegmentPlaybook by segment; "account-playbook": by account.
    std::string kind;
    int64_t accounts = 0;
    // Runs with another seed make other request ids.
    uint64_t seed = 0;
  };

  CallMaker(const Options& options, int slot);
  ~CallMaker();

  // Null when there is no such kind.
  static const char* PathOf(absl::string_view kind);

  // The next request, about an account picked at random. Valid until the next call.
  const google::protobuf::Message& Next();

  // An empty answer of the right type.
  const google::protobuf::Message& answer_prototype() const;

 private:
  struct Messages;

  uint64_t Random();

  const Options options_;
  const int slot_;
  uint64_t state_;
  int64_t made_ = 0;
  std::unique_ptr<Messages> messages_;
};

}  // namespace tiermark::bench
