// Page tokens, cursors of changes and ids of evaluations: none is taken but for what it was made
// for, and what is taken says again what was put in.
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/feed_cursor.h"
#include "service/page.h"
#include "tests/fuzz/fuzz.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

void Feed(absl::string_view input) {
  static CallInfo& info = *new CallInfo{"tiermark.v1.AccountService/ListAccounts", {}};
  static auto& request = *new v1::ListAccountsRequest;
  static const uint64_t kQueryHash = QueryHash(info, request);

  // As it came: a token of another query must not pass.
  request.set_page_token(std::string(input));
  Violations violations;
  store::v1::PageToken token = StartPage(info, request, &violations);
  MUST(!violations.empty() || token.query_hash() == kQueryHash);

  // Made into a token of this query, with all else as the input has it.
  if (token.ParseFromArray(input.data(), static_cast<int>(input.size()))) {
    token.set_query_hash(kQueryHash);
    request.set_page_token(EncodePageToken(token));
    Violations none;
    MUST(BytesOf(StartPage(info, request, &none)) == BytesOf(token));
    MUST(none.empty());
    const std::string cursor = EncodeCursor(token.account_no(), token.position());
    MUST(DecodeCursor(token.account_no(), cursor).value_or(-1) ==
         std::max<int64_t>(token.position(), -1));
    MUST(!DecodeCursor(token.account_no() ^ 1, cursor).has_value());
    MUST(!DecodeCursor(token.account_no(), request.page_token()).has_value());
  }
  if (const auto position = DecodeCursor(kDefaultTenant, input)) MUST(*position >= 0);
  if (const auto position = PositionOfEvaluationId(input)) {
    MUST(*position > 0 && EvaluationId(*position) == input);
  }
}

std::vector<std::string> Seeds() {
  store::v1::PageToken token;
  token.set_as_of_us(1'767'225'600'000'000);
  token.set_account_no(7);
  token.set_score(-1);
  token.set_account_id("a1");
  token.set_position(9);
  return {BytesOf(token), EncodePageToken(token), EncodeCursor(kDefaultTenant, 5),
          EvaluationId(77)};
}

}  // namespace

const Fuzzer kFuzzer = {Feed, 64, Seeds};

}  // namespace tiermark
