#include <gtest/gtest.h>

#include "storage/store.h"

namespace tiermark {
namespace {

TEST(IdsTest, EvaluationId_ReadsBack) {
  for (const int64_t position :
       {int64_t{1}, int64_t{31}, int64_t{32}, int64_t{123456789}, INT64_MAX - 1, INT64_MAX}) {
    EXPECT_EQ(PositionOfEvaluationId(EvaluationId(position)), position);
  }
}

TEST(IdsTest, EvaluationIds_SortAsTheirPositions) {
  for (int64_t position = 1; position < INT64_MAX / 3; position *= 3) {
    EXPECT_LT(EvaluationId(position), EvaluationId(position + 1));
    EXPECT_LT(EvaluationId(position), EvaluationId(position * 3));
  }
}

TEST(IdsTest, PositionOfEvaluationId_AnythingElse_IsNone) {
  const std::string id = EvaluationId(77);
  EXPECT_EQ(PositionOfEvaluationId(""), std::nullopt);
  EXPECT_EQ(PositionOfEvaluationId(id + "0"), std::nullopt);
  EXPECT_EQ(PositionOfEvaluationId(id.substr(0, id.size() - 1)), std::nullopt);
  EXPECT_EQ(PositionOfEvaluationId(EventId(77)), std::nullopt);
  EXPECT_EQ(PositionOfEvaluationId(EvaluationId(0)), std::nullopt);
  EXPECT_EQ(PositionOfEvaluationId(EvaluationId(-1)), std::nullopt);
  // Past 64 bits, capitals, letters that are no digits, and bytes of every value.
  EXPECT_EQ(PositionOfEvaluationId("evl-zzzzzzzzzzzzz"), std::nullopt);
  for (int c = 0; c < 256; ++c) {
    std::string other = id;
    other[10] = static_cast<char>(c);
    const auto position = PositionOfEvaluationId(other);
    if (position.has_value()) {
      EXPECT_EQ(EvaluationId(*position), other);
    }
  }
}

}  // namespace
}  // namespace tiermark
