// Messages of any type by chance.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace tiermark {

// A source of chance whose seed comes from TIERMARK_TEST_SEED, or else from the system. The same
// seed gives the same messages.
class RandomMessages {
 public:
  RandomMessages();

  uint64_t seed() const { return seed_; }

  // From 0 to below `count`.
  size_t Below(size_t count) { return engine_() % count; }
  bool OneIn(size_t count) { return Below(count) == 0; }

  // Fills about half of the fields, `depth` levels deep, with values that JSON has a form for.
  void Fill(google::protobuf::Message* message, int depth);

 private:
  void FillField(google::protobuf::Message* message, const google::protobuf::FieldDescriptor& field,
                 int depth);
  bool FillWellKnown(google::protobuf::Message* message);
  std::string Text();
  int64_t Integer();

  const uint64_t seed_;
  std::mt19937_64 engine_;
};

// One of each type that an RPC of the public API takes or gives, empty.
std::vector<std::unique_ptr<google::protobuf::Message>> RpcMessages();

}  // namespace tiermark
