// Checks of what is kept of accounts: their rows, and the tables that repeat what they say.
#include <set>
#include <utility>

#include "storage/change_set.h"
#include "storage/sqlite/checker.h"
#include "storage/sqlite/rows.h"

namespace tiermark::sqlite {
namespace {

constexpr char kAccounts[] = "SELECT " TIERMARK_ACCOUNT_COLUMNS ", " TIERMARK_FACTS_COLUMNS
                             " FROM account a NOT INDEXED ORDER BY a.account_no";
constexpr char kAccount[] = "SELECT " TIERMARK_ACCOUNT_COLUMNS ", " TIERMARK_FACTS_COLUMNS
                            " FROM account a WHERE a.account_no = ?1";
constexpr char kDueRow[] =
    "SELECT 1 FROM due"
    " WHERE tenant_id = ?1 AND reason = ?2 AND due_us = ?3 AND account_no = ?4";
constexpr char kDueRows[] =
    "SELECT tenant_id, reason, due_us, account_no, listing, checksum FROM due";
constexpr char kParentRow[] =
    "SELECT 1 FROM account_parent WHERE tenant_id = ?1 AND parent_id = ?2 AND account_no = ?3";
constexpr char kParents[] = "SELECT tenant_id, parent_id, account_no FROM account_parent";
constexpr char kEvents[] =
    "SELECT account_no, position, closing_position, event, checksum FROM account_event";
constexpr char kItems[] = "SELECT account_no, kind, key, value, checksum FROM account_item";

bool BearsOut(const store::v1::AccountState& state, int64_t reason, int64_t due_us,
              bool holds_listing) {
  for (const store::v1::Due& due : state.due()) {
    if (due.reason() == reason && due.due_us() == due_us && due.scattered() == holds_listing) {
      return true;
    }
  }
  return false;
}

}  // namespace

void Checker::Accounts() {
  const int64_t last = NumberOf("SELECT max(account_no) FROM account");
  Query rows = connection_.Prepare(kAccounts);
  AccountRecord account;
  while (rows.Step()) {
    const int64_t account_no = AccountNoOf(rows);
    Count("account", account_no, last);
    if (const auto chain = chains_.find(account_no); chain != chains_.end()) {
      chain->second.owned = true;
    }
    if (!ReadWholeAccountRow(rows, &account).ok()) {
      Report("account", AccountKeyText(account_no), "does not match its checksum");
      continue;
    }
    CheckAccount(rows, &account);
  }
}

void Checker::CheckAccount(const Query& row, AccountRecord* account) {
  const std::string key = AccountKeyText(account->account_no);
  const ListColumns columns = ListColumnsOf(account->state, account->facts);
  if (row.Bytes(3) != columns.display_name || CountryOf(row) != columns.country ||
      OwnerOf(row) != columns.owner_id || SegmentOf(row) != columns.segment ||
      RankOf(row) != RankOfScore(columns.score)) {
    Report("account", key, "its columns are not those of its state and facts");
  }
  const auto chain = chains_.find(account->account_no);
  const Chain known = chain == chains_.end() ? Chain() : chain->second;
  if (account->last_position != known.last_position ||
      account->last_evaluation_position != known.last_evaluation_position) {
    Report("account", key,
           absl::StrCat("its last entries in the log are ", known.last_position, " and ",
                        known.last_evaluation_position, " (of evaluations), and it says ",
                        account->last_position, " and ", account->last_evaluation_position));
  }
  if (chain != chains_.end() && known.tenant != TenantOf(row)) {
    Report("account", key, "its entries in the log are another tenant's");
  }
  if (erased_.contains(account->account_no)) {
    Report("account", key, "is noted as erased");
  }
  CheckDueOf(TenantOf(row), *account);
  if (!account->facts.parent_id().empty()) {
    Query parent = connection_.Prepare(kParentRow);
    parent.Bind(1, TenantOf(row)).Bind(2, account->facts.parent_id()).Bind(3, account->account_no);
    if (!parent.Step()) Report("account_parent", key, "has no row for its account's parent");
  }
}

void Checker::CheckDueOf(TenantId tenant, const AccountRecord& account) {
  for (const store::v1::Due& due : account.state.due()) {
    Query row = connection_.Prepare(kDueRow);
    row.Bind(1, tenant).Bind(2, due.reason()).Bind(3, due.due_us()).Bind(4, account.account_no);
    if (!row.Step()) {
      Report("due", AccountKeyText(account.account_no),
             absl::StrCat("has no row for reason ", due.reason(), " at ", due.due_us()));
    }
  }
}

void Checker::Due() {
  Query rows = connection_.Prepare(kDueRows);
  while (rows.Step()) {
    Count("due", 0, 0);
    const TenantId tenant = rows.Int(0);
    const DueCursor here{static_cast<v1::ReevaluationReason>(rows.Int(1)), rows.Int(2),
                         rows.Int(3)};
    const std::string key = absl::StrCat("tenant_id ", tenant, " reason ", here.reason, " due_us ",
                                         here.due_us, " account_no ", here.account_no);
    const bool holds_listing = !rows.IsNull(4);
    std::string listed;
    if (holds_listing) {
      const auto listing = ParseListing(tenant, here, rows.Bytes(4), rows.Int(5));
      if (!listing.ok()) {
        Report("due", key, "does not match its checksum");
        continue;
      }
      listed = listing->account_id();
    } else if (!rows.IsNull(5)) {
      Report("due", key, "has a checksum of nothing");
    }
    Query row = connection_.Prepare(kAccount);
    row.Bind(1, here.account_no);
    if (!row.Step()) {
      Report("due", key, "its account is not there");
      continue;
    }
    const auto account = ReadAccountRow(row);
    if (!account.ok()) continue;  // Told of already.
    if (TenantOf(row) != tenant ||
        !BearsOut(account->state, here.reason, here.due_us, holds_listing) ||
        (holds_listing && listed != account->account_id)) {
      Report("due", key, "its account does not bear it out");
    }
  }
}

void Checker::Parents() {
  Query rows = connection_.Prepare(kParents);
  AccountRecord account;
  while (rows.Step()) {
    Count("account_parent", 0, 0);
    const int64_t account_no = rows.Int(2);
    Query row = connection_.Prepare(kAccount);
    row.Bind(1, account_no);
    if (!row.Step()) {
      Report("account_parent", AccountKeyText(account_no), "its account is not there");
      continue;
    }
    if (!ReadWholeAccountRow(row, &account).ok()) continue;  // Told of already.
    if (TenantOf(row) != rows.Int(0) || account.facts.parent_id() != rows.Bytes(1)) {
      Report("account_parent", AccountKeyText(account_no), "its account does not bear it out");
    }
  }
}

void Checker::Events() {
  Query rows = connection_.Prepare(kEvents);
  while (rows.Step()) {
    Count("account_event", 0, 0);
    const int64_t account_no = rows.Int(0);
    const std::string key =
        absl::StrCat(AccountKeyText(account_no), " ", PositionText(rows.Int(1)));
    const absl::string_view bytes = rows.Bytes(3);
    v1::AccountEvent event;
    if (EventChecksum(account_no, rows.Int(1), rows.Int(2), bytes) != rows.Int(4) ||
        !event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      Report("account_event", key, "does not match its checksum");
    } else if (!chains_.contains(account_no) || erased_.contains(account_no)) {
      Report("account_event", key, "its account is not there");
    }
  }
}

void Checker::Items() {
  Query rows = connection_.Prepare(kItems);
  while (rows.Step()) {
    Count("account_item", 0, 0);
    const int64_t account_no = rows.Int(0);
    // The key is a customer's own, such as an invoice's number.
    const std::string key = absl::StrCat(AccountKeyText(account_no), " kind ", rows.Int(1));
    if (ItemChecksum(account_no, static_cast<ItemKind>(rows.Int(1)), rows.Bytes(2),
                     rows.Bytes(3)) != rows.Int(4)) {
      Report("account_item", key, "does not match its checksum");
    } else if (!chains_.contains(account_no) || erased_.contains(account_no)) {
      Report("account_item", key, "its account is not there");
    }
  }
}

}  // namespace tiermark::sqlite
