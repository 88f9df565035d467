// ExportAccounts.
#include <memory>
#include <utility>

#include "service/account_filter.h"
#include "service/handlers/bind.h"
#include "service/handlers/handlers.h"
#include "service/handlers/moment.h"
#include "service/page.h"
#include "tiermark/v1/account_service.pb.h"

namespace tiermark {
namespace {

constexpr int kAccountsInMessageMax = 500;

// A page of the list for each message; nothing is held from one to the next but its place.
class Export final : public SourceOf<v1::ExportAccountsResponse> {
 public:
  Export(const HandlerContext& context, const CallInfo& info, AccountQuery query, Outlook outlook,
         store::v1::PageToken token)
      : context_(context),
        info_(info),
        query_(std::move(query)),
        moment_{outlook.policy, outlook.now_us, outlook.day, std::nullopt},
        token_(std::move(token)) {}

 private:
  absl::StatusOr<Turn> Fill(v1::ExportAccountsResponse* message) override {
    if (at_end_) return Turn::kEnd;
    const auto page = context_.store.ListAccounts(query_);
    if (!page.ok()) return page.status();
    at_end_ = !page->next.has_value();
    if (page->next.has_value()) token_.set_account_no(page->next->account_no);
    size_t bytes = 0;
    for (const AccountRecord& record : page->accounts) {
      v1::Account* account = message->add_accounts();
      absl::Status filled = AnswerAccount(context_, info_, record, moment_, account);
      if (!filled.ok()) return filled;
      if (at_end_) token_.set_account_no(record.account_no);
      bytes += account->ByteSizeLong();
      if (bytes >= kPageBytesMax && &record != &page->accounts.back()) {
        token_.set_account_no(record.account_no);
        at_end_ = false;
        break;
      }
    }
    if (at_end_ && message->accounts().empty()) return Turn::kEnd;
    query_.after = AccountCursor();
    query_.after->account_no = token_.account_no();
    message->set_resume_token(EncodePageToken(token_));
    return Turn::kMessage;
  }

  const HandlerContext context_;
  const CallInfo info_;
  AccountQuery query_;
  const Moment moment_;
  store::v1::PageToken token_;
  bool at_end_ = false;
};

absl::StatusOr<std::unique_ptr<SourceOf<v1::ExportAccountsResponse>>> ExportAccounts(
    const HandlerContext& context, const CallInfo& info, const v1::ExportAccountsRequest& request) {
  Violations violations;
  AccountQuery query;
  query.tenant = info.caller.tenant;
  query.order = AccountListOrder::kAge;
  query.limit = kAccountsInMessageMax;
  store::v1::PageToken token = StartPage(info, request, &violations);
  if (request.resume_token().empty()) token.set_as_of_us(ThisMoment(context, info).now_us);
  // A stream that goes on sees accounts as of the instant of the first.
  Outlook outlook = OutlookAt(context.catalog, token.as_of_us());
  CompileFilter(request.filter(), "filter", &outlook, &query, &violations);
  if (!violations.empty()) return violations.ToStatus();
  if (!request.resume_token().empty()) {
    query.after = AccountCursor();
    query.after->account_no = token.account_no();
  }
  return std::make_unique<Export>(context, info, std::move(query), std::move(outlook),
                                  std::move(token));
}

}  // namespace

void AddExportHandlers(const ServerContext& server, MethodTable* methods) {
  MethodOptions stream;
  stream.time_max = absl::InfiniteDuration();
  methods->AddStream(kAccountService, "ExportAccounts", stream, Bind(server, ExportAccounts));
}

}  // namespace tiermark
