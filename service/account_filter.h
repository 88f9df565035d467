// Accounts by the boxes they sit in: filters made ready for the store.
#pragma once

#include "absl/strings/string_view.h"
#include "scoring/error.h"
#include "service/outlook.h"
#include "storage/store.h"
#include "tiermark/v1/dimensions.pb.h"

namespace tiermark {

// Sets in `query` what decides which accounts `filter` finds: segments, scores, countries, owners,
// and, where it asks for more, `matches` and the transactions that this has to see. All else of the
// query stays as it is. Sets `outlook->day` when the filter names one.
//
// Adds a violation for every fault, with paths that start with `path` ("filter"); with any, the
// query is of no use. `matches` keeps what it needs of the outlook.
void CompileFilter(const v1::AccountFilter& filter, absl::string_view path, Outlook* outlook,
                   AccountQuery* query, Violations* violations);

// Has `query->matches` handed the transactions of accounts whose activity on the day cannot be told
// without.
void WantTransactions(absl::CivilDay day, AccountQuery* query);

}  // namespace tiermark
